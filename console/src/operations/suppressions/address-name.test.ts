// Checks which kind of address a typed text is taken for.
import { expect, test } from 'vitest'
import { parseAddress } from './address-name'

test('each kind of address is told by its form', () => {
  expect(parseAddress(' Ana@Example.com ')).toEqual({ email: 'Ana@Example.com' })
  expect(parseAddress('+34 600-000 (001)')).toEqual({ phone: '+34600000001' })
  expect(parseAddress('0034600000001')).toEqual({ phone: '+34600000001' })
  const arn = 'arn:aws:sns:eu-west-1:1:endpoint/GCM/app/5b1e'
  expect(parseAddress(arn)).toEqual({ push_endpoint: arn })
})
test('a key is known by its 32 digits, also in capitals', () =>
  expect(parseAddress('0123456789ABCDEF0123456789abcdef')).toEqual({
    key: '0123456789abcdef0123456789abcdef',
  }))
test('what is none of them is not sent', () => {
  for (const typed of ['', 'ana', '600000001', '0123', 'two words@x y'])
    expect(parseAddress(typed), typed).toBeUndefined()
})

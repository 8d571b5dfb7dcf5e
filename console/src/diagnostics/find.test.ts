// What someone typed to find a customer.
import { expect, test } from 'vitest'
import { addressOf, campaignOf } from './find'

test('an e-mail and a phone number are addresses, all else is an id', () => {
  expect(addressOf(' Ana@Example.com ')).toEqual({ email: 'Ana@Example.com' })
  expect(addressOf('+34 600-000.001')).toEqual({ phone: '+34600000001' })
  expect(addressOf('0034600000001')).toEqual({ phone: '+34600000001' })
  expect(['c-1', '600000001', 'cust-1-001997', ''].map(addressOf)).toEqual([undefined, undefined, undefined, undefined])
})
test('a campaign is also found by the address of its page', () => {
  expect(campaignOf('https://console.example/marketing/promotion/cmp_9X?tab=vouchers')).toBe('cmp_9X')
})

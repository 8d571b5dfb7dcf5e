// Checks how pasted ids are read.
import { expect, test } from 'vitest'
import { readCustomerIds } from './customer-ids'

test('ids are read from lines, spaces, commas and semicolons, each once', () => {
  expect(readCustomerIds('a\nb, c;d  a\r\n\n')).toEqual({
    ids: ['a', 'b', 'c', 'd'],
    invalid: [],
    columns: 1,
  })
  expect(readCustomerIds('').ids).toEqual([])
})
test('a table gives no ids, but the number of its columns', () => {
  for (const separator of [',', ';', '\t'])
    expect(
      readCustomerIds(
        ['id,email,name', 'c-1,ana@example.com,Ana', 'c-2,eva@example.com,Eva']
          .join('\n')
          .replaceAll(',', separator),
      ),
    ).toEqual({ ids: [], invalid: [], columns: 3 })
})
test('one line of ids is a list, and so are lines of different lengths', () => {
  expect(readCustomerIds('a,b,c').columns).toBe(1)
  expect(readCustomerIds('a,b,c\nd').columns).toBe(1)
})
test('what is no id is named', () => {
  expect(readCustomerIds(`c-1\nana@example.com\n${'x'.repeat(65)}`).invalid).toEqual([
    'ana@example.com',
    'x'.repeat(65),
  ])
})

// Checks which differences between two versions are found.
import { expect, test } from 'vitest'
import { findDifferences } from './differences-table'

test('only the places that differ are named', () => {
  expect(
    findDifferences(
      { name: 'a', caps: { vouchers: 5, exposure: { amount: 1, currency: 'EUR' } } },
      { name: 'a', caps: { vouchers: 6, exposure: { amount: 2, currency: 'EUR' } } },
    ),
  ).toEqual([
    { path: ['caps', 'vouchers'], mine: 5, theirs: 6 },
    {
      path: ['caps', 'exposure'],
      mine: { amount: 1, currency: 'EUR' },
      theirs: { amount: 2, currency: 'EUR' },
    },
  ])
})
test('what only one of them has is a difference', () =>
  expect(findDifferences({ description: 'x' }, {})).toEqual([
    { path: ['description'], mine: 'x', theirs: undefined },
  ]))
test('lists differ as a whole', () =>
  expect(findDifferences({ ladder: ['sms', 'push'] }, { ladder: ['push'] })[0]?.path).toEqual([
    'ladder',
  ]))

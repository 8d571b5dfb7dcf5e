// Checks who is offered which export, and when an export is read again.
import { expect, test } from 'vitest'
import { pollTime } from './export-queries'
import { allowedKinds } from './labels'

test('customers are offered to those who may change something', () => {
  expect(allowedKinds({ mayChange: false })).toEqual([
    'vouchers',
    'orders',
    'campaigns',
    'suppressions',
  ])
  expect(allowedKinds({ mayChange: true })).toContain('customers')
})

test('an export is read often while it runs, before its addresses expire, and not when it is over', () => {
  expect(pollTime(undefined)).toBe(pollTime('running'))
  expect(pollTime('done')).toBeLessThan(15 * 60_000)
  for (const state of ['failed', 'removed', 'expired'] as const) expect(pollTime(state)).toBe(false)
})

// Checks what can be done with a voucher by hand, and the requests that are made of what is typed.
import { expect, test } from 'vitest'
import {
  actionOnVoucher,
  dayAt,
  endOfDay,
  extendBody,
  isAnswered,
  issueBody,
  reissueBody,
} from './goodwill'

test('an open voucher is extended, one that is over is issued again', () => {
  expect((['issued', 'accepted'] as const).map(actionOnVoucher)).toEqual(['extend', 'extend'])
  for (const status of ['declined', 'expired', 'reversed', 'revoked'] as const)
    expect(actionOnVoucher(status)).toBe('reissue')
  for (const status of ['redeemed', 'ghost', 'skipped', 'failed'] as const)
    expect(actionOnVoucher(status)).toBeUndefined()
})
test('the last day ends on the customer’s clock', () => {
  expect(endOfDay('2026-07-31', 'UTC')).toBe('2026-07-31T23:59:59Z')
  expect(endOfDay('2026-07-31', 'Europe/Madrid')).toBe('2026-07-31T21:59:59Z')
  expect(endOfDay('2026-01-31', 'Europe/Madrid')).toBe('2026-01-31T22:59:59Z')
  expect(endOfDay('2026-07-31', 'America/Los_Angeles')).toBe('2026-08-01T06:59:59Z')
  expect(endOfDay('2026-07-31', 'Nowhere/Atlantis')).toBe('2026-07-31T23:59:59Z')
})
test('on a day on which clocks change the day ends by the new time', () => {
  expect(endOfDay('2026-03-29', 'Europe/Madrid')).toBe('2026-03-29T21:59:59Z')
  expect(endOfDay('2026-10-25', 'Europe/Madrid')).toBe('2026-10-25T22:59:59Z')
})
test('the first day to choose is the customer’s today', () => {
  const time = Date.parse('2026-07-31T02:30:00.250Z')
  expect(dayAt(time, 'UTC')).toBe('2026-07-31')
  expect(dayAt(time, 'America/Los_Angeles')).toBe('2026-07-30')
  expect(dayAt(time + 86_400_000 / 2, 'Pacific/Auckland')).toBe('2026-08-01')
})
test('a day is left out where none is typed, and a reason has no space around it', () => {
  const typed = { campaign: 'cmp_1', reason: ' late order ', day: '' }
  expect(issueBody(typed, 'req-1', 'UTC')).toEqual({
    campaign_id: 'cmp_1',
    request_id: 'req-1',
    reason: 'late order',
  })
  expect(reissueBody(typed, 'UTC')).toEqual({ reason: 'late order' })
  expect(reissueBody({ ...typed, day: '2026-07-31' }, 'UTC')).toEqual({
    reason: 'late order',
    until: '2026-07-31T23:59:59Z',
  })
  expect(extendBody({ ...typed, day: '2026-07-31' }, 'UTC')).toEqual({
    reason: 'late order',
    until: '2026-07-31T23:59:59Z',
  })
})
test('a new voucher needs its campaign, an extension its day', () => {
  const nothing = { campaign: '', reason: '', day: '' }
  expect([isAnswered('issue', nothing), isAnswered('extend', nothing)]).toEqual([false, false])
  expect(isAnswered('reissue', nothing)).toBe(true)
  expect(isAnswered('issue', { ...nothing, campaign: 'cmp_1' })).toBe(true)
  expect(isAnswered('extend', { ...nothing, day: '2026-07-31' })).toBe(true)
})

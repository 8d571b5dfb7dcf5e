// Checks what can be done with a voucher by hand, and the requests that are made of what is typed.
import { expect, test } from 'vitest'
import { actionOnVoucher, extendBody, isAnswered, issueBody, reissueBody } from './goodwill'

test('an open voucher is extended, one that is over is issued again', () => {
  expect((['issued', 'accepted'] as const).map(actionOnVoucher)).toEqual(['extend', 'extend'])
  for (const status of ['declined', 'expired', 'reversed', 'revoked'] as const)
    expect(actionOnVoucher(status)).toBe('reissue')
  for (const status of ['redeemed', 'ghost', 'skipped', 'failed'] as const)
    expect(actionOnVoucher(status)).toBeUndefined()
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

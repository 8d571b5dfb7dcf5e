// Checks when a channel is judged healthy.
import { expect, test } from 'vitest'
import type { AttemptCounts } from '../client'
import { judgeChannel } from './channel-verdict'

const attempts = (some: Partial<AttemptCounts>): AttemptCounts => ({
  attempts: 1000,
  accepted: 1000,
  delivered: 990,
  tapped: 0,
  bounced: 0,
  complained: 0,
  failed: 0,
  throttled: 0,
  unknown: 0,
  fallbacks: 0,
  unknown_fallbacks: 0,
  claimed: 0,
  reasons: {},
  success_percent: null,
  ...some,
})

test('all taken: it goes well', () =>
  expect(judgeChannel(attempts({}))).toEqual({ status: 'good', reasons: [] }))
test('a few attempts say nothing', () =>
  expect(judgeChannel(attempts({ attempts: 19, failed: 19 })).status).toBe('few'))
test('what was put off is tried again and is no failure', () =>
  expect(judgeChannel(attempts({ throttled: 500 })).status).toBe('good'))
test('bounces are told from 5 percent, and are bad from 10', () => {
  expect(judgeChannel(attempts({ bounced: 49 })).status).toBe('good')
  expect(judgeChannel(attempts({ bounced: 50 }))).toEqual({
    status: 'watch',
    reasons: ['bounces'],
  })
  expect(judgeChannel(attempts({ bounced: 100 })).status).toBe('bad')
})
test('a provider that does not answer is not one that refuses', () =>
  expect(judgeChannel(attempts({ unknown: 300 }))).toEqual({
    status: 'bad',
    reasons: ['unanswered'],
  }))

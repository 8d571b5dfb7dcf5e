// Checks what is said about a funnel.
import { expect, test } from 'vitest'
import {
  canBeJudged,
  findLargestDropOff,
  funnelSteps,
  MIN_SETTLED_VOUCHERS,
  settledVouchers,
  shareOf,
} from './funnel-drop-off'

test('what is lost is counted since the stage before', () => {
  expect(
    funnelSteps({ issued: 100, sent: 90, delivered: 90, accepted: 30, redeemed: 15 }).map(
      ({ lost }) => lost,
    ),
  ).toEqual([0, 10, 0, 60, 15])
})
test('the largest share decides, not the largest number', () => {
  expect(
    findLargestDropOff({ issued: 1000, sent: 700, delivered: 700, accepted: 600, redeemed: 60 })
      ?.step.stage,
  ).toBe('redeemed')
})
test('by channel nothing is issued', () => {
  expect(
    funnelSteps({ issued: null, sent: 40, delivered: 30, accepted: 20, redeemed: 10 })[0]?.stage,
  ).toBe('sent')
})
test('of a few nothing is claimed', () => {
  expect(
    findLargestDropOff({ issued: 10, sent: 1, delivered: 1, accepted: 0, redeemed: 0 }),
  ).toBeUndefined()
})
test('a stage that was reached without the one before it loses nothing', () => {
  expect(
    findLargestDropOff({ issued: 100, sent: 100, delivered: 0, accepted: 50, redeemed: 50 })?.step
      .stage,
  ).toBe('delivered')
  expect(
    findLargestDropOff({ issued: 100, sent: 100, delivered: 100, accepted: 100, redeemed: 120 }),
  ).toBeUndefined()
})

const now = Date.parse('2026-11-30T12:00:00Z')

test('a campaign is judged a day after its launch, from a hundred vouchers on', () => {
  const judged = (issued: number, launched: string | null) => canBeJudged(issued, launched, now)
  expect(judged(MIN_SETTLED_VOUCHERS, '2026-11-29T12:00:00Z')).toBe(true)
  expect(judged(MIN_SETTLED_VOUCHERS, '2026-11-29T12:00:01Z')).toBe(false)
  expect(judged(MIN_SETTLED_VOUCHERS - 1, '2026-01-01T00:00:00Z')).toBe(false)
  expect(judged(1_000, null)).toBe(false)
})
test('vouchers of the last day are not judged yet', () => {
  const days = [
    { day: '2026-11-01', issued: 70 },
    { day: '2026-11-28', issued: 40 },
    { day: '2026-11-29', issued: 500 },
    { day: '2026-11-30', issued: 300 },
  ]
  expect(settledVouchers(910, days, now)).toBe(110)
  expect(settledVouchers(1_000, [], now)).toBe(1_000)
  expect(settledVouchers(800, days.slice(2), now)).toBe(0)
})
test('no share is over a hundred', () => {
  expect(['35.31', '100.00', '0.00', '267.07', '-3'].map(shareOf)).toEqual([
    35.31,
    100,
    0,
    undefined,
    undefined,
  ])
})

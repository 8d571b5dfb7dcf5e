// Checks what is said about a funnel.
import { expect, test } from 'vitest'
import { findLargestDropOff, funnelSteps } from './funnel-drop-off'

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

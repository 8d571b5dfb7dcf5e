// Checks the forecast that earlier campaigns give of the next one's cost.
import { expect, test } from 'vitest'
import type { CampaignPerformance } from '../client'
import { summarizePastResults } from './cost-forecast-card'

const report = (some: Partial<CampaignPerformance>) =>
  ({ currency: 'EUR', issued: 0, redeemed: 0, ...some }) as CampaignPerformance

test('a hundred vouchers are enough to tell, fewer are not', () => {
  expect(summarizePastResults([report({ issued: 99, redeemed: 50 })], 'EUR')).toBeUndefined()
  expect(
    summarizePastResults(
      [report({ issued: 60, redeemed: 20 }), report({ issued: 40, redeemed: 5 })],
      'EUR',
    ),
  ).toEqual({ issued: 100, redeemed: 0.25 })
})
test('other currencies say nothing', () =>
  expect(
    summarizePastResults([report({ issued: 500, redeemed: 5, currency: 'USD' })], 'EUR'),
  ).toBeUndefined())

// Checks that both kinds are added up, and that money of several currencies is never one number.
import { expect, test } from 'vitest'
import type { ReportTotal } from '../client'
import { weekTotal } from './week-total'

const total = (changes: Partial<ReportTotal>) =>
  ({
    kind: 'promotion',
    currency: 'EUR',
    revenue: 0,
    discount: 0,
    issued: 0,
    redeemed: 0,
    ...changes,
  }) as ReportTotal

test('promotions and autopilots are one sum, and the cost has discounts and messages', () => {
  expect(
    weekTotal(
      [
        total({ revenue: 1000, discount: 200, message_cost: 30, issued: 5, redeemed: 2 }),
        total({ kind: 'autopilot', revenue: 500, discount: 50, issued: 3, redeemed: 1 }),
      ],
      'EUR',
    ),
  ).toEqual({ revenue: 1500, cost: 280, issued: 8, redeemed: 3, otherCurrencies: 0 })
})
test('other currencies are counted and not added', () => {
  expect(
    weekTotal(
      [total({ revenue: 1 }), total({ currency: 'PLN', revenue: 9 }), total({ currency: 'PLN' })],
      'EUR',
    ),
  ).toMatchObject({ revenue: 1, otherCurrencies: 1 })
})

// Checks what messages are estimated to cost.
import { expect, test } from 'vitest'
import { messageCost, type MessageCostInput } from './message-cost'

const input = (some: Partial<MessageCostInput>): MessageCostInput => ({
  mode: 'first_available',
  ladder: ['sms'],
  reachable: { sms: 100, email: 0, push: 0, any: 100 },
  prices: { sms: 60_000, email: 100, push: 0 },
  vouchers: 100,
  ...some,
})

test('one channel costs its price for everyone whom it reaches', () =>
  expect(messageCost(input({}))).toEqual({ low: 6_000_000, high: 6_000_000 }))
test('fewer vouchers are fewer messages', () => {
  expect(messageCost(input({ vouchers: 50 })).high).toBe(3_000_000)
  expect(messageCost(input({ vouchers: 500 })).high).toBe(6_000_000)
})
test('of two channels the second one sends to who is left', () =>
  expect(
    messageCost(
      input({ ladder: ['push', 'sms'], reachable: { push: 70, sms: 90, email: 0, any: 100 } }),
    ),
  ).toEqual({ low: 30 * 60_000, high: 30 * 60_000 }))
test('of three channels the last two are a range', () =>
  expect(
    messageCost(
      input({
        ladder: ['push', 'sms', 'email'],
        reachable: { push: 40, sms: 50, email: 30, any: 100 },
      }),
    ),
  ).toEqual({ low: 30 * 100 + 30 * 60_000, high: 50 * 60_000 + 10 * 100 }))
test('every channel is a sum, and nobody costs nothing', () => {
  expect(
    messageCost(
      input({
        mode: 'all',
        ladder: ['sms', 'email'],
        reachable: { sms: 10, email: 20, push: 0, any: 25 },
        vouchers: 25,
      }),
    ),
  ).toEqual({ low: 602_000, high: 602_000 })
  expect(messageCost(input({ reachable: { sms: 0, email: 0, push: 0, any: 0 } }))).toEqual({
    low: 0,
    high: 0,
  })
})

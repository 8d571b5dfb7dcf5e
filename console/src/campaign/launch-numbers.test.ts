// Checks the numbers of a launch: vouchers under control group and caps, and hours that go over midnight.
import { expect, test } from 'vitest'
import type { Offer } from '../client'
import {
  dearestDiscount,
  expectedVouchers,
  holdingHours,
  isWithin,
  maximumDiscount,
  secondsLeft,
  smallestGroup,
  timeOfDay,
} from './launch-numbers'

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const offer = { benefit: { fixed_amount: { amount: eur(500) } } } as Offer
const night = { from: '21:00', to: '08:00' }

test('vouchers are those after the control group, and no more than the caps allow', () => {
  const of = (changes: object, reachable = 1_000) =>
    expectedVouchers({ offer, holdout_percent: 20, ...changes }, reachable)
  expect(of({})).toEqual({ treated: 800, vouchers: 800 })
  expect(of({ caps: { vouchers: 100 } })).toEqual({ treated: 800, vouchers: 100 })
  expect(of({ caps: { exposure: eur(5_001) } })).toEqual({ treated: 800, vouchers: 10 })
  expect(of({ holdout_percent: undefined })).toEqual({ treated: 900, vouchers: 900 })
  expect(of({}, 0)).toEqual({ treated: 0, vouchers: 0 })
})
test('the most that a voucher costs is its amount or its cap', () => {
  expect(maximumDiscount(offer)).toEqual(eur(500))
  const benefit = { percent: { percent: 20, cap: eur(1_000) } }
  expect(maximumDiscount({ benefit } as unknown as Offer)).toEqual(eur(1_000))
})
test('the smallest group is the control group or that of a variant', () => {
  const variants = [
    { name: 'a', share: 95 },
    { name: 'b', share: 5 },
  ]
  expect(smallestGroup({ holdout_percent: 10 }, 2_000)).toBe(200)
  expect(smallestGroup({}, 2_000)).toBe(200)
  expect(smallestGroup({ holdout_percent: 10, variants }, 2_000)).toBe(90)
  expect(smallestGroup({ holdout_percent: 0, variants }, 2_000)).toBe(100)
  expect(smallestGroup({ holdout_percent: 0 }, 2_000)).toBeUndefined()
})
test('a voucher costs at most what the dearest variant does', () => {
  const dear = { benefit: { fixed_amount: { amount: eur(900) } } } as Offer
  const variants = [
    { name: 'a', share: 50 },
    { name: 'b', share: 50, offer: dear },
  ]
  expect(dearestDiscount({ offer })).toEqual(eur(500))
  expect(dearestDiscount({ offer, variants })).toEqual(eur(900))
  const cheap = [{ name: 'a', share: 100, offer }]
  expect(dearestDiscount({ offer: dear, variants: cheap })).toEqual(eur(500))
})
test('hours over midnight hold on both sides of it, and their end is outside', () => {
  expect(
    ['20:59', '21:00', '23:59', '00:00', '07:59', '08:00'].map((at) => isWithin(at, night)),
  ).toEqual([false, true, true, true, true, false])
  expect(
    ['12:59', '13:00', '15:00'].map((at) => isWithin(at, { from: '13:00', to: '15:00' })),
  ).toEqual([false, true, false])
})
test('of the hours of the tenant and the campaign those hold that end last', () => {
  const own = { sms: { from: '20:00', to: '10:00' } }
  expect(holdingHours('23:00', 'sms', { sms: night }, own)).toEqual(own.sms)
  expect(holdingHours('23:00', 'email', { sms: night }, own)).toBeUndefined()
  expect(holdingHours('09:00', 'sms', { sms: night }, own)).toEqual(own.sms)
  expect(holdingHours('12:00', 'sms', { sms: night }, own)).toBeUndefined()
})
test('a time of day is that of the zone', () => {
  expect(timeOfDay(Date.parse('2026-11-30T23:30:00Z'), 'Europe/Madrid')).toBe('00:30')
})

test('seconds are counted down to none, and a moment in the past has none', () => {
  const now = Date.parse('2026-11-01T12:00:00Z')
  expect(secondsLeft('2026-11-01T12:01:00Z', now)).toBe(60)
  expect(secondsLeft('2026-11-01T12:00:00.100Z', now)).toBe(1)
  expect(secondsLeft('2026-11-01T11:59:00Z', now)).toBe(0)
  expect(secondsLeft(null, now)).toBe(0)
})

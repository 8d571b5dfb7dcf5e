// Checks which sentence the variants of a campaign lead to.
import { expect, test } from 'vitest'
import type { VariantView } from '../client'
import { knownToday, variantRows } from './variants-known'

const variant = (name: string, change: Partial<VariantView>): VariantView => ({
  name,
  share: 50,
  issued: 10,
  accepted: 4,
  redeemed: 2,
  revenue: 900,
  voucher_cost: 100,
  message_cost: 5,
  customers: { customers: 10, spenders: 3, orders: 3, spend: 1200, spend_each: 120 },
  verdict: 'not_enough_data',
  leads: false,
  series: [],
  ...change,
})
const behind = { value: -9, low: -12, high: -2 }
const unsure = { value: -9, low: -20, high: 4 }

test('the strongest thing that is shown is said', () => {
  const known = (...variants: VariantView[]) => {
    const { code, name } = knownToday(variants)
    return `${code} ${name}`.trim()
  }
  const a = variant('a', { leads: true })
  expect(known()).toBe('nothing')
  expect(known(a, variant('b', {}))).toBe('nothing')
  expect(known(a, variant('b', { against_leader: unsure }))).toBe('leads a')
  expect(known(a, variant('b', { against_leader: behind }))).toBe('better a')
  expect(
    known(a, variant('b', { against_leader: behind }), variant('c', { against_leader: unsure })),
  ).toBe('leads a')
  expect(known(a, variant('b', { verdict: 'scale', against_leader: unsure }))).toBe('earns b')
  expect(known(a, variant('b', { verdict: 'retire' }))).toBe('loses b')
  expect(known(a, variant('b', { verdict: 'uneven_arms' }))).toBe('uneven')
})

test('a table has a cell for each column, empty where nothing is claimed', () => {
  const rows = variantRows([variant('a, "b"', { leads: true })])
  expect(rows[0]).toHaveLength(rows[1]?.length ?? 0)
  expect(rows[1]?.slice(0, 3)).toEqual(['a, "b"', '50', '10'])
  expect(rows[1]?.at(-1)).toBe('')
})

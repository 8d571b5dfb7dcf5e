// Checks that the shares of variants always make 100.
import { expect, test } from 'vitest'
import { evenShares, MAX_VARIANTS } from './variant-shares'

test('shares are even and add up to 100', () => {
  const shares = (count: number) =>
    evenShares(Array.from({ length: count }, () => ({ share: 0 }))).map(({ share }) => share)
  expect(shares(2)).toEqual([50, 50])
  expect(shares(3)).toEqual([34, 33, 33])
  for (let count = 2; count <= MAX_VARIANTS; count += 1) {
    expect(shares(count).reduce((sum, share) => sum + share, 0)).toBe(100)
  }
})

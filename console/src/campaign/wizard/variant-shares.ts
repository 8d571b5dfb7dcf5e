// The shares of a campaign's variants.
export const MAX_VARIANTS = 6

/** Gives all variants the same share; the first ones take what is left over of 100. */
export function evenShares<T extends { share: number }>(variants: T[]): T[] {
  const each = Math.floor(100 / variants.length)
  const left = 100 - each * variants.length
  return variants.map((variant, place) => ({ ...variant, share: each + (place < left ? 1 : 0) }))
}

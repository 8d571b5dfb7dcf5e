// Says which overlap of two campaigns is worth a warning.
import type { CampaignKind, Overlap } from '../client'

/** The share of a campaign's customers from which an overlap is worth a warning. */
export const HIGH_OVERLAP = 0.2

/**
 * Returns the campaign that most of these customers get as well, if they are many. Only two promotions
 * collide: an autopilot reaches a customer on the few days on which its trigger applies, and not
 * everybody in its audience today.
 */
export function strongestCollision<One extends Pick<Overlap, 'kind' | 'both'>>(
  kind: CampaignKind,
  wanted: number,
  overlaps: readonly One[],
): One | undefined {
  if (kind === 'autopilot' || wanted <= 0) return undefined
  const [most] = overlaps
    .filter((one) => one.kind === 'promotion' && one.both.value / wanted >= HIGH_OVERLAP)
    .toSorted((one, other) => other.both.value - one.both.value)
  return most
}

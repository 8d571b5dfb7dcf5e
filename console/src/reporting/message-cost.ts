// Estimates what the first messages of a promotion cost: by who can be reached on which channel, the
// order of the channels, the prices in force and the segments of its SMS.
import type { Channel } from '../client'

export interface MessageCostInput {
  mode: 'first_available' | 'all'
  ladder: readonly Channel[]
  /** How many customers each channel reaches, and how many at least one does. */
  reachable: Record<Channel, number> & { any: number }
  /** The price of a message on each channel, in millionths of the currency: an SMS with its segments. */
  prices: Record<Channel, number>
  /** How many of the reachable customers get a voucher. */
  vouchers: number
}

export interface CostRange {
  low: number
  high: number
}

/**
 * Returns the least and the most that the messages cost, in millionths. Who is reached by several
 * channels is not known, so from the third channel on the share of each is a range. Fallbacks after a
 * failure and reminders come on top.
 */
export function messageCost(input: MessageCostInput): CostRange {
  const { reachable, vouchers } = input
  if (reachable.any <= 0) return { low: 0, high: 0 }
  const share = Math.min(1, vouchers / reachable.any)
  const { low, high } = input.mode === 'all' ? costOfAll(input) : costOfFirst(input)
  return { low: low * share, high: high * share }
}

function costOfAll({ ladder, reachable, prices }: MessageCostInput): CostRange {
  const cost = ladder.reduce((sum, channel) => sum + reachable[channel] * prices[channel], 0)
  return { low: cost, high: cost }
}

/** The first channel sends to all whom it reaches; the others share who is left. */
function costOfFirst({ ladder, reachable, prices }: MessageCostInput): CostRange {
  const [first, ...others] = ladder
  if (!first) return { low: 0, high: 0 }
  const left = Math.max(0, reachable.any - reachable[first])
  const sure = (reachable.any - left) * prices[first]
  const fill = (order: Channel[]) => {
    let open = left
    return order.reduce((sum, channel) => {
      const sent = Math.min(open, reachable[channel])
      open -= sent
      return sum + sent * prices[channel]
    }, 0)
  }
  const cheapFirst = others.toSorted((one, other) => prices[one] - prices[other])
  return { low: sure + fill(cheapFirst), high: sure + fill(cheapFirst.toReversed()) }
}

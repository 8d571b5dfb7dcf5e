// Computes what a launch can lead to: how many vouchers it issues, the most that they can cost, and when its
// messages may not leave.
import type { CampaignDefinition, Channel, Hours, Money } from '../client'

const HUNDRED_PERCENT = 100
const DEFAULT_HOLDOUT = 10

/** Returns the most that one voucher can cost. */
export function maximumDiscount({ benefit }: CampaignDefinition['offer']): Money {
  if ('fixed_amount' in benefit) return benefit.fixed_amount.amount
  return 'percent' in benefit ? benefit.percent.cap : benefit.free_delivery.cap
}

/** Returns the most that one voucher can cost, whatever its variant. */
export function dearestDiscount({
  offer,
  variants = [],
}: Pick<CampaignDefinition, 'offer' | 'variants'>): Money {
  const offers = variants.length > 0 ? variants.map((one) => one.offer ?? offer) : [offer]
  return offers.map(maximumDiscount).reduce((most, one) => (one.amount > most.amount ? one : most))
}

/** The fewest customers of a group with which a report claims anything. */
export const LEAST_GROUP = 100

/**
 * Returns the customers of the smallest group that is compared: the control group, or that of a
 * variant. It is undefined if nothing is compared.
 */
export function smallestGroup(
  { holdout_percent, variants = [] }: Pick<CampaignDefinition, 'holdout_percent' | 'variants'>,
  reachable: number,
): number | undefined {
  const held = holdout_percent ?? DEFAULT_HOLDOUT
  const shares = variants.map(({ share }) => ((HUNDRED_PERCENT - held) * share) / HUNDRED_PERCENT)
  const groups = held > 0 ? [held, ...shares] : shares
  return groups.length > 0
    ? Math.round((reachable * Math.min(...groups)) / HUNDRED_PERCENT)
    : undefined
}

/** Returns how many customers are left after the control group, and how many vouchers the caps allow of them. */
export function expectedVouchers(
  {
    offer,
    caps,
    holdout_percent,
    variants,
  }: Pick<CampaignDefinition, 'offer' | 'caps' | 'holdout_percent' | 'variants'>,
  reachable: number,
): { treated: number; vouchers: number } {
  const each = dearestDiscount({ offer, variants }).amount
  const treated = Math.round(
    (reachable * (HUNDRED_PERCENT - (holdout_percent ?? DEFAULT_HOLDOUT))) / HUNDRED_PERCENT,
  )
  const limits = [
    caps?.vouchers,
    caps?.exposure && each > 0 ? Math.floor(caps.exposure.amount / each) : undefined,
  ].filter((limit) => limit != null)
  return { treated, vouchers: Math.min(treated, ...limits) }
}

const minutesOf = (time: string) => {
  const [hours, minutes] = time.split(':').map(Number)
  return (hours ?? 0) * 60 + (minutes ?? 0)
}

/** Returns true if a time of day, as `21:30`, is in hours that may go over midnight. */
export function isWithin(time: string, { from, to }: Hours): boolean {
  const [at, start, end] = [time, from, to].map(minutesOf) as [number, number, number]
  return start <= end ? at >= start && at < end : at >= start || at < end
}

/** Returns the time of day in a zone, as `21:30`. */
export const timeOfDay = (at: number, zone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: zone }).format(at)

/**
 * Returns the hours that hold a channel back at a time of day, of the tenant's quiet hours and the
 * campaign's own; the ones that end last.
 */
export function holdingHours(
  time: string,
  channel: Channel,
  ...quiet: (Record<string, Hours> | undefined)[]
): Hours | undefined {
  const wait = ({ to }: Hours) => (minutesOf(to) - minutesOf(time) + 1_440) % 1_440
  return quiet
    .flatMap((hours) => (hours?.[channel] ? [hours[channel]] : []))
    .filter((hours) => isWithin(time, hours))
    .toSorted((one, other) => wait(other) - wait(one))[0]
}

/** Returns the whole seconds from now until a moment; none once it has passed. */
export const secondsLeft = (until: string | null | undefined, now: number) =>
  until ? Math.max(0, Math.ceil((Date.parse(until) - now) / 1_000)) : 0

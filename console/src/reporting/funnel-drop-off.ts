// Computes what a funnel loses at each step, and names the step to look at. The functions are pure.
import { DAY_MS, isoDay } from '../api/clock'
import type { DurationPercentiles, EngagementFunnel } from '../client'
import { msg } from '../locales/i18n'

export type FunnelStage = 'issued' | 'sent' | 'delivered' | 'accepted' | 'redeemed'
export const funnelStages: FunnelStage[] = ['issued', 'sent', 'delivered', 'accepted', 'redeemed']
export const stageLabels: Record<FunnelStage, string> = {
  issued: msg('Issued'),
  sent: msg('Sent'),
  delivered: msg('Delivered'),
  accepted: msg('Accepted'),
  redeemed: msg('Redeemed'),
}

/** The fewest vouchers at a step that allow a statement. */
const MIN_VOUCHERS = 20
/** The fewest vouchers, issued a day ago or earlier, that allow a judgement of what became of them. */
export const MIN_SETTLED_VOUCHERS = 100
/** How long a campaign has to be on before it is judged: customers need time to answer. */
const MIN_AGE_MS = DAY_MS

export interface FunnelStep {
  stage: FunnelStage
  count: number
  before: FunnelStage | undefined
  of: number
  lost: number
}

/** Returns the stages that the funnel has, each with what was lost since the stage before. */
export function funnelSteps(
  funnel: Pick<EngagementFunnel, 'issued' | 'sent' | 'delivered' | 'accepted' | 'redeemed'>,
): FunnelStep[] {
  const known = funnelStages.filter((stage) => funnel[stage] != null)
  return known.map((stage, place) => {
    const before = known[place - 1]
    const count = funnel[stage] ?? 0
    const of = before ? (funnel[before] ?? 0) : count
    return { stage, count, before, of, lost: of - count }
  })
}

/**
 * Returns how many vouchers are old enough to judge: those that were not issued on the last day, on
 * which customers have hardly had the time to answer.
 */
export function settledVouchers(
  total: number,
  days: { day: string; issued?: number | null }[],
  now: number,
): number {
  const yesterday = isoDay(now - MIN_AGE_MS)
  const recent = days.filter(({ day }) => day >= yesterday)
  return total - recent.reduce((sum, { issued }) => sum + (issued ?? 0), 0)
}

/** Returns true if a campaign has had the time and the vouchers that a judgement of it needs. */
export const canBeJudged = (
  issued: number,
  launchedAt: string | null | undefined,
  now: number,
): boolean =>
  issued >= MIN_SETTLED_VOUCHERS &&
  Boolean(launchedAt) &&
  now - Date.parse(launchedAt!) >= MIN_AGE_MS

/** Returns a percentage of the API as a number, unless it is none: a share is 100 at most. */
export const shareOf = (percent: string): number | undefined => {
  const share = Number(percent)
  return share >= 0 && share <= 100 ? share : undefined
}

const dropOffMessages: Partial<Record<FunnelStage, string>> = {
  sent: msg(
    'Most drop-off is before sending: a slow or failing channel, or customers without one.',
  ),
  delivered: msg(
    'Most drop-off is in delivery: outdated addresses, or a provider that rejects messages.',
  ),
  accepted: msg(
    'Most drop-off is before acceptance: check the message, the send hour and the offer.',
  ),
  redeemed: msg(
    'Most drop-off is between acceptance and redemption: check the value, minimum basket and validity.',
  ),
}

/**
 * Finds the step that loses the largest share, or `undefined` where too few vouchers reached one.
 */
export function findLargestDropOff(
  funnel: Parameters<typeof funnelSteps>[0],
): { step: FunnelStep; says: string } | undefined {
  const worst = funnelSteps(funnel)
    .filter(({ before, of, lost }) => before && of >= MIN_VOUCHERS && lost > 0)
    .toSorted((one, other) => other.lost / other.of - one.lost / one.of)[0]
  const text = worst && dropOffMessages[worst.stage]
  return worst && text ? { step: worst, says: text } : undefined
}

/** Titles and advice by the API's code of a drop-off. */
export const dropOffAdvice: Record<string, { title: string; look: string }> = {
  not_issued: {
    title: msg('Many are skipped: opted out, without consent, or over a cap'),
    look: msg(
      'See the skip reasons on the campaign’s page, and compare its channels with these customers’ consents.',
    ),
  },
  not_sent: {
    title: msg('Vouchers are issued but no message is sent'),
    look: msg('See the failures by reason in delivery, and what waits in pending triggers.'),
  },
  not_delivered: {
    title: msg('Messages are sent but not delivered'),
    look: msg('See bounces in delivery; find out where these addresses come from.'),
  },
  not_accepted: {
    title: msg('Messages are delivered, but few customers accept'),
    look: msg(
      'Check the subject and first line, the minimum basket, and the other open offers of these customers.',
    ),
  },
  accepted_and_not_redeemed: {
    title: msg('High acceptance, low redemption'),
    look: msg(
      'Compare the minimum basket with usual baskets, extend the validity, or send a reminder.',
    ),
  },
}

/** Titles and advice by the API's code of a remark on a campaign's definition. */
export const remarkAdvice: Record<string, { title: string; look: string }> = {
  same_for_everyone: {
    title: msg(
      'Every customer gets the same offer, so most discounts go to customers who would have bought anyway',
    ),
    look: msg(
      'Target by behaviour, as the playbooks do, and compare its effect with its cost in Campaign performance.',
    ),
  },
}

export const summarizeDurations = (took: DurationPercentiles | null | undefined) =>
  took && took.count > 0 ? { half: took.p50_ms, most: took.p95_ms, count: took.count } : undefined

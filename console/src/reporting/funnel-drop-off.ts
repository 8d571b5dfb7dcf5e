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
  sent: msg('Most is lost before sending: a slow or failing channel, or customers without one.'),
  delivered: msg('Most is lost on the way: old addresses, or a provider that refuses.'),
  accepted: msg('Most is lost before acceptance: look at the message, its hour and the offer.'),
  redeemed: msg(
    'Most is lost between acceptance and redemption: look at value, minimum basket and validity.',
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
      'See who got none and why on its page; compare its channels with what these customers allow.',
    ),
  },
  not_sent: {
    title: msg('Vouchers are issued, and no message goes out'),
    look: msg('See the failures by reason in delivery, and what waits in pending triggers.'),
  },
  not_delivered: {
    title: msg('Messages go out and do not arrive'),
    look: msg('See bounces in delivery; find out where these addresses come from.'),
  },
  not_accepted: {
    title: msg('It arrives, and the offer is not taken'),
    look: msg(
      'Look at subject and first line, at the minimum basket, and at what else these customers have open.',
    ),
  },
  accepted_and_not_redeemed: {
    title: msg('High acceptance, low redemption: value or validity'),
    look: msg('Compare the minimum basket with usual baskets, give it more time, or remind.'),
  },
}

/** Titles and advice by the API's code of a remark on a campaign's definition. */
export const remarkAdvice: Record<string, { title: string; look: string }> = {
  same_for_everyone: {
    title: msg(
      'Every customer gets the same offer: that is a coupon, and most of whom it pays would have bought anyway',
    ),
    look: msg(
      'Choose by what customers did, as a playbook does, and hold what it caused against its cost in campaign performance.',
    ),
  },
}

export const summarizeDurations = (took: DurationPercentiles | null | undefined) =>
  took && took.count > 0 ? { half: took.p50_ms, most: took.p95_ms, count: took.count } : undefined

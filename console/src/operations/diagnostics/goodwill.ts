// Decides what an operator can do with a voucher by hand, and makes the requests.
import { isoDay } from '../../api/clock'
import type {
  ExtendVoucherRequest,
  IssueVoucherRequest,
  ReissueVoucherRequest,
  VoucherStatus,
} from '../../client'

/** An action on a customer's voucher, or `issue` for a new one. */
export type GoodwillAction = 'issue' | 'extend' | 'reissue'

/** Returns what can be done with a voucher of this status: open ones last longer, others come again. */
export function actionOnVoucher(status: VoucherStatus): 'extend' | 'reissue' | undefined {
  switch (status) {
    case 'issued':
    case 'accepted':
      return 'extend'
    case 'declined':
    case 'expired':
    case 'reversed':
    case 'revoked':
      return 'reissue'
    case 'redeemed':
    case 'ghost':
    case 'skipped':
    case 'failed':
      return undefined
  }
}

/** What the dialog holds: as it is typed. `day` is the last day, on the customer's clock. */
export interface TypedGoodwill {
  campaign: string
  reason: string
  day: string
}

/** Returns true if the API can be asked; it takes a reason in every case. */
export const isAnswered = (action: GoodwillAction, { campaign, day }: TypedGoodwill) =>
  action === 'issue' ? campaign !== '' : action === 'reissue' || day !== ''

export const issueBody = (
  { campaign, reason, day }: TypedGoodwill,
  request: string,
  zone: string,
): IssueVoucherRequest => ({
  campaign_id: campaign,
  request_id: request,
  ...reissueBody({ reason, day }, zone),
})

export const extendBody = (
  { reason, day }: Pick<TypedGoodwill, 'reason' | 'day'>,
  zone: string,
): ExtendVoucherRequest => ({ until: endOfDay(day, zone), reason: reason.trim() })

export const reissueBody = (
  { reason, day }: Pick<TypedGoodwill, 'reason' | 'day'>,
  zone: string,
): ReissueVoucherRequest => ({
  reason: reason.trim(),
  ...(day ? { until: endOfDay(day, zone) } : {}),
})

/** Returns the last second of a day on the clock of a zone. A zone that nobody knows counts as UTC. */
export function endOfDay(day: string, zone: string): string {
  const wall = Date.parse(`${day}T23:59:59Z`)
  // The first guess can lie on the other side of a change of clocks.
  const guess = wall - zoneOffset(wall, zone)
  return new Date(wall - zoneOffset(guess, zone)).toISOString().replace('.000Z', 'Z')
}

/** Returns the day that a zone's clock shows at a time. */
export const dayAt = (time: number, zone: string) => isoDay(time + zoneOffset(time, zone))

/** Returns how far the clock of a zone is ahead of UTC at a time, in milliseconds. */
function zoneOffset(at: number, zone: string): number {
  try {
    const parts = Object.fromEntries(
      new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      })
        .formatToParts(at)
        .map(({ type, value }) => [type, Number(value)]),
    )
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    return Date.UTC(year, month - 1, day, hour, minute, second) - at
  } catch {
    return 0
  }
}

// Decides what an operator can do with a voucher by hand, and makes the requests.
import { endOfDay } from '../../api/zoned-time'
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

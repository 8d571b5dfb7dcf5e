// Writes the records of a campaign to a CSV file: every page of those that the filter selects, with codes
// and plain numbers as the API has them.
import { readAllPages, saveCsv } from '../api/csv'
import { callApi } from '../api/requests'
import {
  type CampaignVoucher,
  type Channel,
  listCampaignVouchers,
  type Money,
  type VoucherStatus,
} from '../client'
import { currencyDigits } from '../locales/i18n'

const PAGE_LIMIT = 100

const csvColumns = [
  'voucher_id',
  'customer_id',
  'status',
  'skip_reason',
  'selected_at',
  'sent_at',
  'delivered_at',
  'tapped_at',
  'accepted_at',
  'declined_at',
  'redeemed_at',
  'reversed_at',
  'accept_by',
  'redeem_by',
  'order_id',
  'discount',
  'revenue',
  'currency',
]

const write = (money: Money | null | undefined) =>
  money
    ? (money.amount / 10 ** currencyDigits(money.currency)).toFixed(currencyDigits(money.currency))
    : ''

export const voucherRow = (one: CampaignVoucher) => [
  one.voucher_id,
  one.customer_id,
  one.status,
  one.skip_reason,
  one.issued_at,
  one.sent_at,
  one.delivered_at,
  one.tapped_at,
  one.accepted_at,
  one.declined_at,
  one.redeemed_at,
  one.reversed_at,
  one.accept_by,
  one.redeem_by,
  one.order_id,
  write(one.discount),
  write(one.revenue),
  one.discount?.currency ?? one.revenue?.currency,
]

/** The records that a list of vouchers shows. */
export interface VoucherFilter {
  status?: VoucherStatus
  channel?: Channel
  reason?: string
}

export async function downloadVouchers(
  id: string,
  filter: VoucherFilter,
  onProgress: (vouchers: number) => void,
) {
  const vouchers = await readAllPages(
    (cursor) =>
      callApi(
        listCampaignVouchers({ path: { id }, query: { ...filter, cursor, limit: PAGE_LIMIT } }),
      ),
    onProgress,
  )
  const parts = ['vouchers', id, filter.status, filter.channel, filter.reason].filter(Boolean)
  saveCsv(`${parts.join('-')}.csv`, [csvColumns, ...vouchers.map(voucherRow)])
  return vouchers.length
}

export const voucherColumns: readonly string[] = csvColumns

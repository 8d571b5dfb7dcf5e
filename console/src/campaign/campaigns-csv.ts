// Writes a list of campaigns to a CSV file: every page that the filters select, with the
// numbers of the last ninety days.
import { DAY_MS, isoDay, stackTime } from '../api/clock'
import { readAllPages, saveCsv } from '../api/csv'
import { callApi } from '../api/requests'
import {
  type CampaignPerformance,
  type CampaignListItem,
  type CampaignKind,
  listCampaignPerformance,
  listCampaigns,
} from '../client'
import { currencyDigits } from '../locales/i18n'
import type { CampaignOwner } from './campaign-queries'

const PAGE_SIZE = 100
const PERIOD_MS = 89 * DAY_MS

const csvColumns = [
  'id',
  'name',
  'state',
  'launched_at',
  'ended_at',
  'updated_at',
  'audience',
  'issued',
  'delivered',
  'accepted',
  'redeemed',
  'currency',
  'revenue',
  'discounts',
  'messages',
  'verdict',
]

function csvRow(one: CampaignListItem, counts: CampaignPerformance | undefined) {
  const money = (amount: number | null | undefined) =>
    amount == null || !counts
      ? ''
      : (amount / 10 ** currencyDigits(counts.currency)).toFixed(currencyDigits(counts.currency))
  return [
    one.id,
    one.name,
    one.state,
    one.launched_at,
    one.ended_at,
    one.updated_at,
    ...(counts
      ? [
          counts.issued + counts.ghost + counts.skipped + counts.failed,
          counts.issued,
          counts.delivered,
          counts.accepted,
          counts.redeemed,
          counts.currency,
          money(counts.revenue),
          money(counts.voucher_cost),
          money(counts.message_cost),
          counts.effect.verdict,
        ]
      : Array.from({ length: 10 }, () => '')),
  ]
}

export async function downloadCampaigns({
  kind,
  state,
  owner,
  q,
}: {
  kind: CampaignKind
  /** A state, or several, separated by commas. */
  state?: string
  owner?: CampaignOwner
  q: string
}) {
  const from = isoDay(stackTime() - PERIOD_MS)
  const to = isoDay(stackTime())
  const list = await readAllPages((cursor) =>
    callApi(
      listCampaigns({
        query: { kind, state, owner, q: q.trim() || undefined, cursor, limit: PAGE_SIZE },
      }),
    ),
  )
  const reports = await readAllPages(async (cursor) => {
    const found = await callApi(
      listCampaignPerformance({ query: { kind, from, to, cursor, limit: PAGE_SIZE } }),
    )
    return typeof found === 'string' ? { items: [] } : found
  })
  const byId = new Map(reports.map((report) => [report.campaign_id, report]))
  saveCsv(`${kind}s-${to}.csv`, [csvColumns, ...list.map((one) => csvRow(one, byId.get(one.id)))])
}

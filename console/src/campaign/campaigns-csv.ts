// Writes a list of campaigns to a CSV file (RFC 4180): every page that the filters select, with the
// numbers of the last ninety days.
import { DAY_MS, isoDay, stackTime } from '../api/clock'
import { callApi } from '../api/requests'
import {
  type CampaignPerformance,
  type CampaignListItem,
  type CampaignKind,
  listCampaignPerformance,
  listCampaigns,
  type CampaignState,
} from '../client'
import { currencyDigits } from '../locales/i18n'
import { matchesName } from './campaign-queries'

const PAGE_SIZE = 100
const PERIOD_MS = 89 * DAY_MS

/**
 * Writes a cell. One that a spreadsheet would run as a formula gets an apostrophe; commas, quotes
 * and line breaks are quoted.
 */
export function csvCell(value: string | number | null | undefined) {
  const text = String(value ?? '')
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

async function readAllPages<T>(
  page: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor?: string | null }>,
) {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const found = await page(cursor)
    items.push(...found.items)
    cursor = found.next_cursor ?? undefined
  } while (cursor)
  return items
}

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
  q,
}: {
  kind: CampaignKind
  state?: CampaignState
  q: string
}) {
  const from = isoDay(stackTime() - PERIOD_MS)
  const to = isoDay(stackTime())
  const list = await readAllPages((cursor) =>
    callApi(listCampaigns({ query: { kind, state, cursor, limit: PAGE_SIZE } })),
  )
  const reports = await readAllPages(async (cursor) => {
    const found = await callApi(
      listCampaignPerformance({ query: { kind, state, from, to, cursor, limit: PAGE_SIZE } }),
    )
    return typeof found === 'string' ? { items: [] } : found
  })
  const byId = new Map(reports.map((report) => [report.campaign_id, report]))
  const lines = [
    csvColumns,
    ...list.filter(q ? matchesName(q) : () => true).map((one) => csvRow(one, byId.get(one.id))),
  ].map((cells) => cells.map(csvCell).join(','))
  const address = URL.createObjectURL(new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv' }))
  Object.assign(document.createElement('a'), {
    href: address,
    download: `${kind}s-${to}.csv`,
  }).click()
  URL.revokeObjectURL(address)
}

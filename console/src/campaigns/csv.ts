// A list of campaigns as a file: every page of what the filters select, with the last ninety days' numbers, as RFC 4180 has it.
import type { CampaignPerformance, CampaignSummary, Kind, State } from '../client'
import { listCampaignPerformance, listCampaigns } from '../client'
import { call } from '../app/api'
import { now } from '../app/config'
import { digits } from '../app/i18n'
import { named } from './queries'

const PAGE = 100
const DAYS_MS = 89 * 86_400_000

/** A cell that a spreadsheet would take for a formula gets an apostrophe; commas, quotes and lines are quoted. */
export function cell(value: string | number | null | undefined) {
  const text = String(value ?? '')
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

async function all<T>(page: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor?: string | null }>) {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const found = await page(cursor)
    items.push(...found.items)
    cursor = found.next_cursor ?? undefined
  } while (cursor)
  return items
}

const columns = ['id', 'name', 'state', 'launched_at', 'ended_at', 'updated_at', 'audience', 'issued', 'delivered', 'accepted', 'redeemed', 'currency', 'revenue', 'discounts', 'messages', 'verdict']

function row(one: CampaignSummary, counts: CampaignPerformance | undefined) {
  const money = (amount: number | null | undefined) => (amount == null || !counts ? '' : (amount / 10 ** digits(counts.currency)).toFixed(digits(counts.currency)))
  return [one.id, one.name, one.state, one.launched_at, one.ended_at, one.updated_at,
    ...(counts ? [counts.issued + counts.ghost + counts.skipped + counts.failed, counts.issued, counts.delivered, counts.accepted, counts.redeemed, counts.currency, money(counts.revenue), money(counts.voucher_cost), money(counts.message_cost), counts.effect.verdict] : Array.from({ length: 10 }, () => ''))]
}

export async function saveCampaigns({ kind, state, q }: { kind: Kind; state?: State; q: string }) {
  const [from, to] = [new Date(now() - DAYS_MS), new Date(now())].map((day) => day.toISOString().slice(0, 10))
  const list = await all((cursor) => call(listCampaigns({ query: { kind, state, cursor, limit: PAGE } })))
  const reports = await all(async (cursor) => {
    const found = await call(listCampaignPerformance({ query: { kind, state, from, to, cursor, limit: PAGE } }))
    return typeof found === 'string' ? { items: [] } : found
  })
  const byId = new Map(reports.map((report) => [report.campaign_id, report]))
  const lines = [columns, ...list.filter(q ? named(q) : () => true).map((one) => row(one, byId.get(one.id)))].map((cells) => cells.map(cell).join(','))
  const address = URL.createObjectURL(new Blob([`${lines.join('\r\n')}\r\n`], { type: 'text/csv' }))
  Object.assign(document.createElement('a'), { href: address, download: `${kind}s-${to}.csv` }).click()
  URL.revokeObjectURL(address)
}

// Reads the report numbers of campaigns for the last ninety days.
import { useQuery } from '@tanstack/react-query'
import { DAY_MS, isoDay, stackTime } from '../api/clock'
import { callApi } from '../api/requests'
import {
  type CampaignPerformance,
  type CampaignListItem,
  type CampaignKind,
  listCampaignPerformance,
} from '../client'

const PAGE_LIMIT = 100
/** The most pages that are read for the campaigns of one page of the list. */
const MAX_PAGES = 20
const PERIOD_DAYS = 90
type PerformanceById = Map<string, CampaignPerformance>

async function readPerformance(
  query: { kind: CampaignKind; limit: number; cursor?: string },
  signal: AbortSignal,
) {
  const to = isoDay(stackTime())
  const report = await callApi(
    listCampaignPerformance({
      query: { from: isoDay(stackTime() - (PERIOD_DAYS - 1) * DAY_MS), to, ...query },
      signal,
    }),
  )
  return typeof report === 'string' ? { items: [], next_cursor: null } : report
}

/**
 * Returns the numbers of the campaigns with these ids, from the page after a cursor on: a request for
 * each hundred campaigns, and none for each row.
 */
export async function walkPerformance(
  ids: readonly string[],
  start: string | null | undefined,
  readPage: (cursor: string) => Promise<{
    items: CampaignPerformance[]
    next_cursor?: string | null
  }>,
): Promise<PerformanceById> {
  const wanted = new Set(ids)
  const found: PerformanceById = new Map()
  let cursor = start
  for (let page = 0; cursor && page < MAX_PAGES && found.size < wanted.size; page += 1) {
    const { items, next_cursor } = await readPage(cursor)
    for (const one of items) if (wanted.has(one.campaign_id)) found.set(one.campaign_id, one)
    cursor = next_cursor
  }
  return found
}

/**
 * Reads the numbers of the last ninety days by campaign: the newest hundred in one request, and
 * further ones that are shown a hundred at a time.
 */
export function usePerformance(kind: CampaignKind, shown: CampaignListItem[] = []) {
  const newest = useQuery({
    queryKey: ['performance', kind],
    queryFn: async ({ signal }) => {
      const { items, next_cursor } = await readPerformance({ kind, limit: PAGE_LIMIT }, signal)
      return { byId: new Map(items.map((one) => [one.campaign_id, one])), next_cursor }
    },
  })
  const missing = newest.data
    ? shown
        .filter(({ id, launched_at }) => launched_at && !newest.data.byId.has(id))
        .map(({ id }) => id)
    : []
  const others = useQuery<PerformanceById>({
    queryKey: ['performance', kind, missing],
    enabled: missing.length > 0,
    queryFn: ({ signal }) =>
      walkPerformance(missing, newest.data?.next_cursor, (cursor) =>
        readPerformance({ kind, limit: PAGE_LIMIT, cursor }, signal),
      ),
  })
  return {
    byId: (id: string) => newest.data?.byId.get(id) ?? others.data?.get(id),
    all: newest.data?.byId,
    isPending: newest.isPending || (missing.length > 0 && others.isPending),
  }
}

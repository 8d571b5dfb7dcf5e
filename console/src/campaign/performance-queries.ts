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

const NEWEST_LIMIT = 100
const PERIOD_DAYS = 90
type PerformanceById = Map<string, CampaignPerformance>

async function readPerformance(
  query: { kind: CampaignKind; campaign?: string; limit?: number },
  signal: AbortSignal,
) {
  const to = isoDay(stackTime())
  const report = await callApi(
    listCampaignPerformance({
      query: { from: isoDay(stackTime() - (PERIOD_DAYS - 1) * DAY_MS), to, ...query },
      signal,
    }),
  )
  return typeof report === 'string' ? [] : report.items
}

/**
 * Reads the numbers of the last ninety days by campaign: the newest hundred in one request, and
 * each further one that is shown.
 */
export function usePerformance(kind: CampaignKind, shown: CampaignListItem[] = []) {
  const newest = useQuery<PerformanceById>({
    queryKey: ['performance', kind],
    queryFn: async ({ signal }) =>
      new Map(
        (await readPerformance({ kind, limit: NEWEST_LIMIT }, signal)).map((one) => [
          one.campaign_id,
          one,
        ]),
      ),
  })
  const missing = newest.data
    ? shown.filter(({ id, launched_at }) => launched_at && !newest.data.has(id)).map(({ id }) => id)
    : []
  const others = useQuery<PerformanceById>({
    queryKey: ['performance', kind, missing],
    enabled: missing.length > 0,
    queryFn: async ({ signal }) =>
      new Map(
        (await Promise.all(missing.map((campaign) => readPerformance({ kind, campaign }, signal))))
          .flat()
          .map((one) => [one.campaign_id, one]),
      ),
  })
  return {
    byId: (id: string) => newest.data?.get(id) ?? others.data?.get(id),
    all: newest.data,
    isPending: newest.isPending || (missing.length > 0 && others.isPending),
  }
}

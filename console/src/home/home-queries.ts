// Reads what the home page shows: the report of this week and of the one before, the health of what is
// live, and the newest campaigns. Each part appears when its own answer is there.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { DAY_MS, isoDay, stackTime } from '../api/clock'
import { callApi } from '../api/requests'
import { listCampaigns, listWaitingReplies, type OverviewReport, readOverview } from '../client'
import { readHealthPage } from '../operations/health-queries'

export const WEEK_DAYS = 7
const NEWEST_LIMIT = 100
const LIVE_LIMIT = 100
const REPLIES_LIMIT = 25
const REFRESH_MS = 30_000

/** Reads the report of the last seven days, or of the seven days before them. */
export function useWeek(before = false) {
  const to = isoDay(stackTime() - (before ? WEEK_DAYS * DAY_MS : 0))
  const from = isoDay(Date.parse(to) - (WEEK_DAYS - 1) * DAY_MS)
  return useQuery({
    queryKey: ['overview', { from, to }],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      (await callApi(readOverview({ query: { from, to }, signal }))) as OverviewReport,
  })
}

export const useLiveCampaigns = () =>
  useQuery({
    queryKey: ['health', 'home'],
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => readHealthPage(LIVE_LIMIT, undefined, signal),
  })

export const useNewestCampaigns = () =>
  useQuery({
    queryKey: ['campaigns', 'home'],
    queryFn: ({ signal }) => callApi(listCampaigns({ query: { limit: NEWEST_LIMIT }, signal })),
  })

export const useWaitingReplies = () =>
  useQuery({
    queryKey: ['waiting-replies', 'home'],
    queryFn: ({ signal }) =>
      callApi(listWaitingReplies({ query: { limit: REPLIES_LIMIT }, signal })),
  })

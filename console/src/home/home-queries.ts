// Reads what the home page shows: the report of this week and of the one before, the health of what is
// live, and the newest campaigns. Each part appears when its own answer is there.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { DAY_MS, isoDay, stackTime } from '../api/clock'
import { callApi } from '../api/requests'
import {
  type ApprovalSettings,
  listCampaigns,
  listWaitingReplies,
  type OverviewReport,
  readApprovals,
  readCampaign,
  readOverview,
} from '../client'
import { readHealthPage } from '../operations/health-queries'
import { latestDrafts } from './decisions'

export const WEEK_DAYS = 7
const NEWEST_LIMIT = 100
const LIVE_LIMIT = 100
const REPLIES_LIMIT = 25
/** The most drafts whose approval is looked at: the list does not say who waits for one. */
export const APPROVAL_LIMIT = 10
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

/** Reads which of the drafts that were edited last wait for an approver, where approvals are asked for. */
export function useAwaitingApproval() {
  const newest = useNewestCampaigns()
  const approvals = useQuery({
    queryKey: ['approvals', 'home'],
    queryFn: async ({ signal }) => (await callApi(readApprovals({ signal }))) as ApprovalSettings,
  })
  const isAsked = approvals.data?.customers != null || approvals.data?.exposure != null
  const drafts = latestDrafts(newest.data?.items ?? [])
    .slice(0, APPROVAL_LIMIT)
    .map(({ id, version }) => `${id}@${version}`)
  return useQuery({
    queryKey: ['approvals', 'home', drafts],
    enabled: isAsked && drafts.length > 0,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const read = await Promise.allSettled(
        drafts.map((draft) =>
          callApi(readCampaign({ path: { id: draft.split('@')[0]! }, signal })),
        ),
      )
      return read.flatMap((one) =>
        one.status === 'fulfilled' &&
        one.value.approval.required &&
        !one.value.approval.approved_by &&
        !one.value.launched_at
          ? [one.value]
          : [],
      )
    },
  })
}

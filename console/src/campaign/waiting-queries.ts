// Reads what customers wait for, for pages that show many campaigns: one request for all of them.
import { useQuery } from '@tanstack/react-query'
import { callApi } from '../api/requests'
import { listPendingTriggers } from '../client'
import { nextToWait } from './next-to-wait'

const LOOKED_AT = 100
const REFRESH_MS = 15_000

/** Returns a function that finds the next match of a campaign that is held back, among the first hundred. */
export function useNextWaiting(enabled: boolean) {
  const waiting = useQuery({
    queryKey: ['pending', 'waiting'],
    enabled,
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) =>
      callApi(listPendingTriggers({ query: { state: 'waiting', limit: LOOKED_AT }, signal })),
  })
  return (campaign: string) =>
    nextToWait((waiting.data?.items ?? []).filter(({ campaign_id }) => campaign_id === campaign))
}

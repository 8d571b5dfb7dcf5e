// Reads and changes campaigns, and says which cached data a change makes stale.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { callApi, callApiWithEtag, newIdempotencyKey } from '../api/requests'
import {
  archiveCampaign,
  type CampaignList,
  cancelCampaign,
  cloneCampaign,
  deleteCampaign,
  type CampaignKind,
  launchCampaign,
  listCampaignAudit,
  listCampaigns,
  type ListCampaignsData,
  pauseCampaign,
  readCampaign,
  resumeCampaign,
  type RevokeScope,
  type CampaignState,
} from '../client'

export const ACTIVE_STATES: CampaignState[] = ['scheduled', 'running', 'enabled']
const POLL_MS = 4_000

/** The seconds in which a launch by the console can be undone before anything leaves. */
export const UNDO_SECONDS = 60

const PAGE_SIZE = 25
/** The page of an order that is made in the browser, from numbers of the reports. */
const SORTED_PAGE_SIZE = 100
/** The most pages that one search reads before it shows what it has found. */
const MAX_SEARCHED_PAGES = 40

type ListQuery = NonNullable<ListCampaignsData['query']>
export type CampaignOwner = NonNullable<ListQuery['owner']>
export type CampaignSort = NonNullable<ListQuery['sort']>

export interface CampaignFilter {
  kind?: CampaignKind
  /** A state, or several, separated by commas. */
  state?: string
  cursor?: string
  q?: string
  owner?: CampaignOwner
  sort?: CampaignSort
  /** The page is sorted again by numbers that the list does not have. */
  sorted?: boolean
}

/**
 * Reads a page of campaigns. A page of a filtered list can be short before the end, so it is read on
 * until one of ours is full.
 */
export async function readCampaignPage(
  { q, sorted, cursor, ...filter }: CampaignFilter,
  signal?: AbortSignal,
): Promise<CampaignList> {
  const limit = sorted ? SORTED_PAGE_SIZE : PAGE_SIZE
  const items: CampaignList['items'] = []
  let next: string | null | undefined = cursor
  for (let page = 0; page < MAX_SEARCHED_PAGES && items.length < limit; page += 1) {
    const found: CampaignList = await callApi(
      listCampaigns({
        query: {
          limit: limit - items.length,
          cursor: next ?? undefined,
          q: q?.trim() || undefined,
          ...filter,
        },
        signal,
      }),
    )
    items.push(...found.items)
    next = found.next_cursor
    if (!next) break
  }
  return { items, next_cursor: next ?? null }
}

export const useCampaigns = (filter: CampaignFilter) =>
  useQuery({
    queryKey: ['campaigns', filter],
    queryFn: ({ signal }) => readCampaignPage(filter, signal),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.items.some((campaign) => campaign.state === 'running') ? POLL_MS : false,
  })

export const useCampaign = (id: string) =>
  useQuery({
    queryKey: ['campaign', id],
    queryFn: async ({ signal }) => {
      const { data: queryClient, etag } = await callApiWithEtag(
        readCampaign({ path: { id }, signal }),
      )
      return { campaign: queryClient, etag }
    },
    refetchInterval: ({ state }) =>
      state.data && ACTIVE_STATES.includes(state.data.campaign.state) ? POLL_MS : false,
  })

export const useAudit = (id: string) =>
  useQuery({
    queryKey: ['campaign', id, 'audit'],
    queryFn: ({ signal }) =>
      callApi(listCampaignAudit({ path: { id }, query: { limit: 50 }, signal })),
  })

export type CampaignAction =
  'launch' | 'pause' | 'resume' | 'cancel' | 'archive' | 'clone' | 'delete'
const cloneKeys = new Map<string, string>()

/**
 * Runs one action. A clone that got no answer is repeated with the same key, so that it is made
 * once.
 */
export async function runAction(
  action: CampaignAction,
  id: string,
  version: number,
  options: { revoke?: RevokeScope; name?: string } = {},
) {
  const path = { id }
  const headers = { 'If-Match': `"${version}"` }
  switch (action) {
    case 'launch':
      return callApi(launchCampaign({ path, headers, body: { undo_seconds: UNDO_SECONDS } }))
    case 'pause':
      return callApi(pauseCampaign({ path, headers }))
    case 'resume':
      return callApi(resumeCampaign({ path, headers }))
    case 'archive':
      return callApi(archiveCampaign({ path, headers }))
    case 'cancel':
      return callApi(cancelCampaign({ path, headers, body: { revoke: options.revoke ?? 'none' } }))
    case 'delete':
      return callApi(deleteCampaign({ path, headers })).then(() => undefined)
    case 'clone': {
      const name = options.name ?? ''
      const known = cloneKeys.get(id + name) ?? newIdempotencyKey()
      cloneKeys.set(id + name, known)
      const made = await callApi(
        cloneCampaign({ path, headers: { 'Idempotency-Key': known }, body: name ? { name } : {} }),
      )
      cloneKeys.delete(id + name)
      return made
    }
  }
}

export function useInvalidateCampaigns() {
  const queryClient = useQueryClient()
  return (id?: string) =>
    Promise.all([
      queryClient.invalidateQueries({ queryKey: ['campaigns'] }),
      queryClient.invalidateQueries({ queryKey: ['performance'] }),
      ...(id ? [queryClient.invalidateQueries({ queryKey: ['campaign', id] })] : []),
    ])
}

// How campaigns are read and changed: keys, queries, and what each change makes stale.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  archiveCampaign, cancelCampaign, cloneCampaign, deleteCampaign, launchCampaign, listCampaignAudit, listCampaigns, listCampaignVouchers, pauseCampaign,
  readCampaign, resumeCampaign, type CampaignList, type Kind, type Revoke, type State, type Status,
} from '../client'
import { call, callWithEtag, idempotencyKey } from '../app/api'

export const MOVING: State[] = ['scheduled', 'running', 'enabled']
const POLL_MS = 4_000

const PAGE = 25
const WALK = 100
/** Pages that one search reads before it shows what it has found. */
const WALKED = 20

export interface CampaignFilter { kind: Kind; state?: State; cursor?: string; q?: string; sorted?: boolean }

export const named = (q: string) => {
  const wanted = q.trim().toLocaleLowerCase()
  return ({ name, id }: { name: string; id: string }) => name.toLocaleLowerCase().includes(wanted) || id === wanted
}

/** The API does not search: its pages are walked until one of ours is full, and the next one begins where the walk stopped. */
export async function pageOf({ q, sorted, cursor, ...filter }: CampaignFilter, signal?: AbortSignal): Promise<CampaignList> {
  if (!q?.trim()) return call(listCampaigns({ query: { limit: sorted ? WALK : PAGE, cursor, ...filter }, signal }))
  const items: CampaignList['items'] = []
  let next: string | null | undefined = cursor
  for (let page = 0; page < WALKED && items.length < PAGE; page += 1) {
    const found: CampaignList = await call(listCampaigns({ query: { limit: WALK, cursor: next ?? undefined, ...filter }, signal }))
    items.push(...found.items.filter(named(q)))
    next = found.next_cursor
    if (!next) break
  }
  return { items, next_cursor: next ?? null }
}

export const useCampaigns = (filter: CampaignFilter) => useQuery({
  queryKey: ['campaigns', filter],
  queryFn: ({ signal }) => pageOf(filter, signal),
  placeholderData: keepPreviousData,
  refetchInterval: ({ state }) => (state.data?.items.some((campaign) => campaign.state === 'running') ? POLL_MS : false),
})

export const useCampaign = (id: string) => useQuery({
  queryKey: ['campaign', id],
  queryFn: async ({ signal }) => {
    const { data, etag } = await callWithEtag(readCampaign({ path: { id }, signal }))
    return { campaign: data, etag }
  },
  refetchInterval: ({ state }) => (state.data && MOVING.includes(state.data.campaign.state) ? POLL_MS : false),
})

export const useVouchers = (id: string, status: Status | undefined, cursor: string | undefined) => useQuery({
  queryKey: ['campaign', id, 'vouchers', status, cursor],
  queryFn: ({ signal }) => call(listCampaignVouchers({ path: { id }, query: { status, cursor, limit: 25 }, signal })),
  placeholderData: keepPreviousData,
})

export const useAudit = (id: string) => useQuery({
  queryKey: ['campaign', id, 'audit'],
  queryFn: ({ signal }) => call(listCampaignAudit({ path: { id }, query: { limit: 50 }, signal })),
})

export type Action = 'launch' | 'pause' | 'resume' | 'cancel' | 'archive' | 'clone' | 'delete'
const key = new Map<string, string>()

/** Does one action. A clone that got no answer is repeated with its key, so that it is made once. */
export async function act(action: Action, id: string, version: number, options: { revoke?: Revoke; name?: string } = {}) {
  const path = { id }
  const headers = { 'If-Match': `"${version}"` }
  switch (action) {
    case 'launch': return call(launchCampaign({ path, headers }))
    case 'pause': return call(pauseCampaign({ path, headers }))
    case 'resume': return call(resumeCampaign({ path, headers }))
    case 'archive': return call(archiveCampaign({ path, headers }))
    case 'cancel': return call(cancelCampaign({ path, headers, body: { revoke: options.revoke ?? 'none' } }))
    case 'delete': return call(deleteCampaign({ path, headers })).then(() => undefined)
    case 'clone': {
      const name = options.name ?? ''
      const known = key.get(id + name) ?? idempotencyKey()
      key.set(id + name, known)
      const made = await call(cloneCampaign({ path, headers: { 'Idempotency-Key': known }, body: name ? { name } : {} }))
      key.delete(id + name)
      return made
    }
  }
}

export function useForget() {
  const data = useQueryClient()
  return (id?: string) => Promise.all([
    data.invalidateQueries({ queryKey: ['campaigns'] }), data.invalidateQueries({ queryKey: ['performance'] }),
    ...(id ? [data.invalidateQueries({ queryKey: ['campaign', id] })] : []),
  ])
}

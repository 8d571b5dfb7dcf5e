// How campaigns are read and changed: keys, queries, and what each change makes stale.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import {
  archiveCampaign, cancelCampaign, cloneCampaign, deleteCampaign, launchCampaign, listCampaignAudit, listCampaigns, listCampaignVouchers, pauseCampaign,
  readCampaign, resumeCampaign, type Kind, type Revoke, type State, type Status,
} from '../client'
import { call, callWithEtag, idempotencyKey } from '../app/api'

export const MOVING: State[] = ['scheduled', 'running', 'enabled']
const POLL_MS = 4_000

export const useCampaigns = (filter: { kind: Kind; state?: State; cursor?: string }) => useQuery({
  queryKey: ['campaigns', filter],
  queryFn: ({ signal }) => call(listCampaigns({ query: { limit: 25, ...filter }, signal })),
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

// A campaign named where only its id is known: its name as a link to its page, and what else such a place asks of it. Read once for all of a page.
import { Anchor } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { readCampaign, type Campaign } from '../client'
import { call } from '../app/api'

const LONG_MS = 300_000

export const useCampaignFacts = (id: string | null | undefined) => useQuery<Campaign>({
  queryKey: ['campaign', id, 'facts'], enabled: Boolean(id), staleTime: LONG_MS, retry: false, queryFn: ({ signal }) => call(readCampaign({ path: { id: id! }, signal })),
})

export function CampaignName({ id }: { id: string }) {
  const { data } = useCampaignFacts(id)
  // a campaign that is gone, or not read yet, is called by its id
  return data ? <Anchor component={Link} to={`/marketing/${data.kind}/${id}`} size="sm" className="wrap"><span dir="auto">{data.name}</span></Anchor> : <code className="wrap">{id}</code>
}

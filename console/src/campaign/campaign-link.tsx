// Names a campaign where only its id is known, as a link to its page. All places on a page share
// the same few requests.
import { Anchor } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { callApi } from '../api/requests'
import { type Campaign, listCampaigns, readCampaign, type RecordView } from '../client'
import { gatherCampaigns } from './campaign-names'

const FACTS_STALE_MS = 300_000
const NAMES_PER_REQUEST = 100

export const useCampaignFacts = (id: string | null | undefined) =>
  useQuery<Campaign>({
    queryKey: ['campaign', id, 'facts'],
    enabled: Boolean(id),
    staleTime: FACTS_STALE_MS,
    retry: false,
    queryFn: ({ signal }) => callApi(readCampaign({ path: { id: id! }, signal })),
  })

const loadCampaign = gatherCampaigns({
  readOne: (id) => callApi(readCampaign({ path: { id } })),
  readPage: (cursor) => callApi(listCampaigns({ query: { limit: NAMES_PER_REQUEST, cursor } })),
})

/** Reads what the list says of a campaign; nothing of one that was deleted. */
export const listedCampaignQuery = (id: string | null | undefined) =>
  queryOptions({
    queryKey: ['campaign', id, 'listed'],
    enabled: Boolean(id),
    staleTime: FACTS_STALE_MS,
    retry: false,
    queryFn: () => loadCampaign(id!),
  })

export const useListedCampaign = (id: string | null | undefined) =>
  useQuery(listedCampaignQuery(id))

/** Links to a campaign whose name is at hand. Its page puts right the kind in the address. */
export function NamedCampaign({ id, name }: { id: string; name: string | null | undefined }) {
  return name ? (
    <Anchor component={Link} to={`/marketing/promotion/${id}`} size="sm" className="wrap">
      <span dir="auto">{name}</span>
    </Anchor>
  ) : (
    <CampaignLink id={id} />
  )
}

export function CampaignLink({ id }: { id: string }) {
  const { data } = useListedCampaign(id)
  // A campaign that was deleted, or is not read yet, is shown by its id.
  return data ? (
    <Anchor component={Link} to={`/marketing/${data.kind}/${id}`} size="sm" className="wrap">
      <span dir="auto">{data.name}</span>
    </Anchor>
  ) : (
    <code className="wrap">{id}</code>
  )
}

/** Names the campaign of a voucher by the records at hand. Without its record the id is shown. */
export function CampaignOfVoucher({
  voucher,
  records,
}: {
  voucher: string
  records: Pick<RecordView, 'voucher_id' | 'campaign_id'>[]
}) {
  const record = records.find(({ voucher_id }) => voucher_id === voucher)
  return record ? <CampaignLink id={record.campaign_id} /> : <code className="wrap">{voucher}</code>
}

// Names a campaign where only its id is known, as a link to its page. All places on a page share
// one read of the campaign.
import { Anchor } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { callApi } from '../api/requests'
import { type Campaign, readCampaign, type RecordView } from '../client'

const FACTS_STALE_MS = 300_000

export const useCampaignFacts = (id: string | null | undefined) =>
  useQuery<Campaign>({
    queryKey: ['campaign', id, 'facts'],
    enabled: Boolean(id),
    staleTime: FACTS_STALE_MS,
    retry: false,
    queryFn: ({ signal }) => callApi(readCampaign({ path: { id: id! }, signal })),
  })

export function CampaignLink({ id }: { id: string }) {
  const { data } = useCampaignFacts(id)
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

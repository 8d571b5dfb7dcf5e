// Counts the customers that a definition selects and reaches, for the audience step, the review and the
// launch.
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { callApi } from '../../api/requests'
import { type CampaignDefinition, previewAudience, type PreviewView } from '../../client'

const DEBOUNCE_MS = 600

/** The currency of the offer's benefit, once there is one. */
function offerCurrency({ benefit }: CampaignDefinition['offer']): string | undefined {
  const amount =
    'fixed_amount' in benefit
      ? benefit.fixed_amount.amount
      : 'percent' in benefit
        ? benefit.percent.cap
        : benefit.free_delivery.cap
  return amount.currency || undefined
}

/** Counts whom a definition reaches now, once its rule has not changed for a moment. */
export function useAudiencePreview(
  definition: Pick<CampaignDefinition, 'audience' | 'channels' | 'offer' | 'topic'>,
  enabled = true,
) {
  const { audience, channels, offer, topic } = definition
  const currency = offerCurrency(offer)
  const [request] = useDebouncedValue(
    JSON.stringify({ audience, channels, currency, topic }),
    DEBOUNCE_MS,
  )
  return useQuery<PreviewView>({
    queryKey: ['audience', request],
    enabled,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      callApi(
        previewAudience({
          body: JSON.parse(request) as {
            audience: typeof audience
            channels: typeof channels
            currency: typeof currency
            topic: typeof topic
          },
          signal,
        }),
      ),
  })
}

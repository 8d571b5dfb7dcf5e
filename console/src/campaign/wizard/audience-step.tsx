// Shows step 2 of the wizard: the audience rule, beside the customers it selects now. The count
// follows each change of the rule.
import { Grid, Group, Stack, Table, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { ApiProblem, callApi } from '../../api/requests'
import { type CampaignDefinition, previewAudience, type PreviewView } from '../../client'
import { KeyFigure } from '../../components/key-figure'
import { LoadingSkeleton } from '../../components/loading'
import { ProblemAlert } from '../../components/problem-alert'
import { SectionCard } from '../../components/section-card'
import { channelLabels } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { skipLabels } from '../../voucher/labels'
import { isGoodwill } from '../goodwill'
import { useDraft } from './campaign-draft'
import { RuleEditor } from './rule-editor'
import { TopicCard } from './topic-card'

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

export function useAudiencePreview(definition: CampaignDefinition) {
  const { audience, channels, offer, topic } = definition
  const currency = offerCurrency(offer)
  const [request] = useDebouncedValue(
    JSON.stringify({ audience, channels, currency, topic }),
    DEBOUNCE_MS,
  )
  return useQuery<PreviewView>({
    queryKey: ['audience', request],
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

export function AudienceStep() {
  const { t } = useLocale()
  const { definition } = useDraft()
  if (!isGoodwill(definition)) return <RuleWithCount />
  return (
    <SectionCard title={t('Audience')}>
      <Text>
        {t('Everyone can get it: support chooses each customer by hand, so there is no rule.')}
      </Text>
    </SectionCard>
  )
}

function RuleWithCount() {
  const { t, number } = useLocale()
  const { definition, reportProblems, revision } = useDraft()
  const preview = useAudiencePreview(definition)
  const invalidFields =
    preview.error instanceof ApiProblem && preview.error.status === 422
      ? preview.error.fields
      : undefined
  useEffect(() => reportProblems('audience', invalidFields ?? []), [invalidFields, reportProblems])
  const data = invalidFields ? undefined : preview.data
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <SectionCard
          title={definition.kind === 'autopilot' ? t('Only customers who') : t('Customers who')}
        >
          <RuleEditor key={revision} at="/audience" />
        </SectionCard>
        <TopicCard />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <SectionCard title={t('Who that is now')}>
          <Stack gap="xs" aria-live="polite" aria-busy={preview.isFetching}>
            {invalidFields ? (
              <Text>{t('Complete the conditions to see the count.')}</Text>
            ) : preview.error && !data ? (
              <ProblemAlert error={preview.error} retry={() => void preview.refetch()} />
            ) : !data ? (
              <LoadingSkeleton lines={3} />
            ) : (
              <>
                <Group align="stretch">
                  <KeyFigure
                    label={t('Match')}
                    value={number(data.matched)}
                    hint={t('of {n} customers', { n: number(data.scanned) })}
                  />
                  <KeyFigure label={t('Can be reached')} value={number(data.reachable.any)} />
                </Group>
                {!data.complete && (
                  <Text size="sm">{t('Not all customers were looked at; there are more.')}</Text>
                )}
                <Table verticalSpacing={4}>
                  <Table.Tbody>
                    {definition.channels.ladder.map((channel) => (
                      <Table.Tr key={channel}>
                        <Table.Th scope="row" fw={500}>
                          {t(channelLabels[channel])}
                        </Table.Th>
                        <Table.Td className="number">{number(data.reachable[channel])}</Table.Td>
                      </Table.Tr>
                    ))}
                    {Object.entries(data.skipped)
                      .filter(([, n]) => n > 0)
                      .map(([reason, n]) => (
                        <Table.Tr key={reason}>
                          <Table.Th scope="row" fw={500}>
                            {t('not: {reason}', { reason: t(skipLabels[reason] ?? reason) })}
                          </Table.Th>
                          <Table.Td className="number">{number(n)}</Table.Td>
                        </Table.Tr>
                      ))}
                  </Table.Tbody>
                </Table>
                {data.matched === 0 && (
                  <Text size="sm">
                    {t(
                      'Nobody matches. Loosen a condition, or change “all of these” to “any of these”.',
                    )}
                  </Text>
                )}
                {data.sample.length > 0 && (
                  <details>
                    <summary>{t('Some of them')}</summary>
                    <Text size="sm" className="wrap">
                      {data.sample.map(({ customer_id }) => customer_id).join(', ')}
                    </Text>
                  </details>
                )}
              </>
            )}
          </Stack>
        </SectionCard>
      </Grid.Col>
    </Grid>
  )
}

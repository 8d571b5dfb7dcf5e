// Step 2: who gets it. The rule on one side, who it selects now on the other, counted anew while the rule changes.
import { Grid, Group, Stack, Table, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { previewAudience, type CampaignDefinition, type PreviewView } from '../client'
import { ApiProblem, call } from '../app/api'
import { useWords } from '../app/i18n'
import { Bones, Card, channelWords, Figure, ProblemNote } from '../app/parts'
import { skipWords } from '../campaigns/words'
import { useDraft } from './draft'
import { RuleAt } from './rule'

const SETTLED_MS = 600

export function useAudience(definition: CampaignDefinition) {
  const { audience, channels } = definition
  const [asked] = useDebouncedValue(JSON.stringify({ audience, channels }), SETTLED_MS)
  return useQuery<PreviewView>({
    queryKey: ['audience', asked], staleTime: 30_000, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call(previewAudience({ body: JSON.parse(asked) as { audience: typeof audience; channels: typeof channels }, signal })),
  })
}

export function AudienceStep() {
  const { t, number } = useWords()
  const { definition, report, revision } = useDraft()
  const preview = useAudience(definition)
  const wrong = preview.error instanceof ApiProblem && preview.error.status === 422 ? preview.error.fields : undefined
  useEffect(() => report('audience', wrong ?? []), [wrong, report])
  const data = wrong ? undefined : preview.data
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Card title={definition.kind === 'autopilot' ? t('Only customers who') : t('Customers who')}><RuleAt key={revision} at="/audience" /></Card>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <Card title={t('Who that is now')}>
          <Stack gap="xs" aria-live="polite" aria-busy={preview.isFetching}>
            {wrong ? <Text>{t('Complete the conditions to see the count.')}</Text> : preview.error && !data ? <ProblemNote error={preview.error} retry={() => void preview.refetch()} /> : !data ? <Bones lines={3} /> : (
              <>
                <Group align="stretch">
                  <Figure label={t('Match')} value={number(data.matched)} hint={t('of {n} customers', { n: number(data.scanned) })} />
                  <Figure label={t('Can be reached')} value={number(data.reachable.any)} />
                </Group>
                {!data.complete && <Text size="sm">{t('Not all customers were looked at; there are more.')}</Text>}
                <Table verticalSpacing={4}><Table.Tbody>
                  {definition.channels.ladder.map((channel) => <Table.Tr key={channel}><Table.Th scope="row" fw={500}>{t(channelWords[channel])}</Table.Th><Table.Td className="number">{number(data.reachable[channel])}</Table.Td></Table.Tr>)}
                  {Object.entries(data.skipped).filter(([, n]) => n > 0).map(([reason, n]) => <Table.Tr key={reason}><Table.Th scope="row" fw={500}>{t('not: {reason}', { reason: t(skipWords[reason] ?? reason) })}</Table.Th><Table.Td className="number">{number(n)}</Table.Td></Table.Tr>)}
                </Table.Tbody></Table>
                {data.matched === 0 && <Text size="sm">{t('Nobody matches. Loosen a condition, or change “all of these” to “any of these”.')}</Text>}
                {data.sample.length > 0 && <details><summary>{t('Some of them')}</summary><Text size="sm" className="wrap">{data.sample.map(({ customer_id }) => customer_id).join(', ')}</Text></details>}
              </>
            )}
          </Stack>
        </Card>
      </Grid.Col>
    </Grid>
  )
}

// Shows which campaigns would reach the same customers.
import { Alert, Anchor, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { callApi } from '../api/requests'
import { StateBadge } from '../campaign/state-badge'
import { type CampaignKind, type CustomerCount, listOverlaps, type Overlap } from '../client'
import { LoadingSkeleton } from '../components/loading'
import { ProblemAlert } from '../components/problem-alert'
import { SectionCard } from '../components/section-card'
import { msg, useLocale } from '../locales/i18n'
import { strongestCollision } from './overlap-collision'

const overlapOutcomes: Record<string, string> = {
  both: msg('They can get both.'),
  one: msg('A frequency cap allows only one of the two.'),
  capped: msg('A frequency cap may skip the second.'),
}
const overlapOrder: Record<string, string> = {
  this: msg('This one goes first.'),
  other: msg('The other goes first.'),
  whichever_is_due: msg('Whichever is due first goes first.'),
}

export function OverlapCard({ id, kind }: { id: string | undefined; kind: CampaignKind }) {
  const { t } = useLocale()
  const query = useQuery({
    queryKey: ['overlaps', id],
    enabled: Boolean(id),
    staleTime: 60_000,
    queryFn: ({ signal }) => callApi(listOverlaps({ path: { id: id! }, signal })),
  })
  if (!id)
    return (
      <SectionCard title={t('Priority & frequency')}>
        <Text>{t('Save the draft to see which campaigns reach the same customers.')}</Text>
      </SectionCard>
    )
  return (
    <SectionCard title={t('Priority & frequency')}>
      {query.error ? (
        <ProblemAlert error={query.error} retry={() => void query.refetch()} />
      ) : !query.data ? (
        <LoadingSkeleton lines={2} />
      ) : (
        <OverlapTable
          kind={kind}
          wanted={query.data.wanted}
          overlaps={query.data.overlaps}
          exact={query.data.exact}
        />
      )}
    </SectionCard>
  )
}

function OverlapTable({
  kind,
  wanted,
  overlaps,
  exact,
}: {
  kind: CampaignKind
  wanted: CustomerCount
  overlaps: Overlap[]
  exact: boolean
}) {
  const { t, number, percent } = useLocale()
  const shared = overlaps.filter(({ both }) => both.value > 0)
  if (shared.length === 0) return <Text>{t('No active campaign reaches these customers.')}</Text>
  const most = strongestCollision(kind, wanted.value, shared)
  return (
    <Stack gap="sm">
      {most && (
        <Alert variant="outline" color="yellow" title={t('Audience overlap')}>
          {t('{share} are also eligible for “{name}”.', {
            share: percent(most.both.value, wanted.value),
            name: most.name,
          })}{' '}
          {t(overlapOutcomes[most.outcome] ?? most.outcome)}{' '}
          {t('Change the audience, limits or priority if this is not intended.')}
        </Alert>
      )}
      <div className="scroll" role="group" aria-label={t('Priority & frequency')} tabIndex={0}>
        <Table miw={640} verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('Campaign')}</Table.Th>
              <Table.Th>{t('State')}</Table.Th>
              <Table.Th className="number">{t('Customers in common')}</Table.Th>
              <Table.Th>{t('Result')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shared.map((one) => (
              <Table.Tr key={one.campaign_id}>
                <Table.Td className="wrap">
                  <Anchor
                    component={Link}
                    to={`/marketing/${one.kind}/${one.campaign_id}`}
                    size="sm"
                  >
                    <span dir="auto">{one.name}</span>
                  </Anchor>
                </Table.Td>
                <Table.Td>
                  <StateBadge state={one.state} />
                </Table.Td>
                <Table.Td className="number">
                  {number(one.both.value)}
                  <Text size="xs" c="dimmed">
                    {percent(one.both.value, wanted.value)}
                    {!exact &&
                      ` · ${t('{low} to {high}', { low: number(one.both.low), high: number(one.both.high) })}`}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Text size="sm">
                    {one.kind === 'autopilot'
                      ? t('They get it only when its trigger applies.')
                      : t(overlapOutcomes[one.outcome] ?? one.outcome)}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {t(overlapOrder[one.first] ?? one.first)}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {!exact && (
        <Text size="sm" c="dimmed">
          {t('Estimated from a part of the customers.')}
        </Text>
      )}
    </Stack>
  )
}

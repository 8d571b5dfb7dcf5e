// Shows Configuration > Health: each campaign's health and reconciliation, and where something is
// wrong, the cause and the next step.
import { Alert, Anchor, Badge, Group, Select, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ApiSentence } from '../api/api-messages'
import { searchParams, useFilters } from '../app/search-params'
import { StateBadge } from '../campaign/state-badge'
import { useNextWaiting } from '../campaign/waiting-queries'
import type { CampaignHealth, HealthState } from '../client'
import { CursorPager } from '../components/cursor-pager'
import { EmptyState } from '../components/empty-state'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { SectionCard } from '../components/section-card'
import { useLocale } from '../locales/i18n'
import { SystemAlertList, systemStateMessages, useSystemHealth } from '../reporting/system-alerts'
import { skipLabels } from '../voucher/labels'
import { causeMessages, healthColors, healthLabels, nextStep } from './health-labels'
import { readHealthPage } from './health-queries'

const PAGE_SIZE = 25

/** Matches a timestamp in a sentence of the API. */
const TIMESTAMP_PATTERN = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

export function HealthPage() {
  const { t } = useLocale()
  const filters = useFilters()
  const cursor = filters.cursors.at(-1)
  const shown = (Object.keys(healthLabels) as HealthState[]).find(
    (one) => one === filters.text('health'),
  )
  const query = useQuery({
    queryKey: ['health', cursor, shown],
    refetchInterval: 30_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      readHealthPage(PAGE_SIZE, cursor, signal, shown && (({ health }) => health === shown)),
  })
  return (
    <PageFrame
      title={t('Health')}
      intro={t(
        'The health of each campaign. For autopilots: how often they triggered in the last full days (up to seven), and how often they were expected to.',
      )}
    >
      <SystemHealthAlert />
      <Group className="no-print">
        <Select
          label={t('Health')}
          w={220}
          allowDeselect={false}
          value={shown ?? ''}
          onChange={(value) => filters.set({ health: value ?? undefined })}
          data={[
            { value: '', label: t('All campaigns') },
            ...Object.entries(healthLabels).map(([value, label]) => ({ value, label: t(label) })),
          ]}
        />
      </Group>
      <QueryResult query={query}>
        {(data) =>
          data.items.length === 0 && !data.next_cursor && shown ? (
            <Text role="status">{t('No campaign is in this state.')}</Text>
          ) : data.items.length === 0 && filters.cursors.length === 0 ? (
            <EmptyState title={t('No active campaigns')}>
              {t('When a campaign is active, this page shows whether it works, and if not, why.')}
            </EmptyState>
          ) : (
            <>
              <SimpleGrid cols={{ base: 1, lg: 2 }}>
                {data.items.map((one) => (
                  <CampaignHealthCard key={one.campaign_id} one={one} />
                ))}
              </SimpleGrid>
              <CursorPager
                cursors={filters.cursors}
                next={data.next_cursor}
                go={filters.setCursors}
              />
            </>
          )
        }
      </QueryResult>
    </PageFrame>
  )
}

/** Shows the state and the alerts of the system itself. */
function SystemHealthAlert() {
  const { t } = useLocale()
  const query = useSystemHealth()
  if (!query.data) return null
  const { title, says, color } = systemStateMessages[query.data.state]
  return (
    <Alert variant="outline" color={color} title={t(title)}>
      <Stack gap="sm">
        <Text>
          {t(says)}{' '}
          <Anchor component={Link} to="/reports/voucher-campaigns/system-health">
            {t('System health')}
          </Anchor>
        </Text>
        <SystemAlertList alerts={query.data.alerts} />
      </Stack>
    </Alert>
  )
}

function CampaignHealthCard({ one }: { one: CampaignHealth }) {
  const { t, number, day, time } = useLocale()
  const next = useNextWaiting(one.waiting > 0)(one.campaign_id)
  return (
    <SectionCard
      title={one.name}
      actions={
        <Group gap="xs">
          <StateBadge state={one.state} />
          <Badge variant="light" color={healthColors[one.health]} tt="none">
            {t(healthLabels[one.health])}
          </Badge>
        </Group>
      }
    >
      {one.alerts.map((alert) => (
        <Alert
          key={alert.cause}
          color={healthColors[one.health]}
          variant="outline"
          title={t(causeMessages[alert.cause]?.title ?? alert.cause)}
        >
          <Stack gap={4}>
            <Text>
              <bdi lang="en">{alert.says.replace(TIMESTAMP_PATTERN, time)}</bdi>
            </Text>
            <Text>
              <b>{t('Next:')}</b>{' '}
              {causeMessages[alert.cause] ? (
                t(nextStep(alert.cause, one))
              ) : (
                <bdi lang="en">{alert.next_step}</bdi>
              )}
            </Text>
          </Stack>
        </Alert>
      ))}
      {one.fired ? (
        <>
          <Text size="sm">
            {day(one.fired.from)} – {day(one.fired.until)}
          </Text>
          <Group gap="xs">
            <Text>
              <b>{number(one.fired.matches)}</b> {t('matches')}
            </Text>
            <Text aria-hidden>=</Text>
            <Text>
              <b>{number(one.fired.vouchers)}</b> {t('issued')}
            </Text>
            <Text>
              + <b>{number(one.fired.ghost)}</b> {t('control group')}
            </Text>
            <Text>
              + <b>{number(Object.values(one.fired.suppressed).reduce((sum, n) => sum + n, 0))}</b>{' '}
              {t('skipped')}
            </Text>
          </Group>
          {Object.keys(one.fired.suppressed).length > 0 && (
            <Table verticalSpacing={4}>
              <Table.Tbody>
                {Object.entries(one.fired.suppressed).map(([reason, n]) => (
                  <Table.Tr key={reason}>
                    <Table.Th scope="row" fw={500}>
                      <Anchor
                        component={Link}
                        to={`/marketing/${one.kind}/${one.campaign_id}`}
                        search={searchParams({ tab: 'vouchers', status: 'skipped', reason })}
                        size="sm"
                      >
                        {t(skipLabels[reason] ?? reason)}
                      </Anchor>
                    </Table.Th>
                    <Table.Td className="number">{number(n)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )}
        </>
      ) : (
        one.kind === 'autopilot' && (
          <Text>{t('Collecting data: it needs to be enabled for a full day.')}</Text>
        )
      )}
      {one.run && (
        <Text size="sm">
          {t(
            '{selected} selected = {issued} issued + {ghost} control group + {skipped} skipped + {waiting} waiting + {failed} failed',
            {
              selected: number(one.run.selected),
              issued: number(one.run.issued),
              ghost: number(one.run.ghost),
              skipped: number(one.run.skipped),
              waiting: number(one.run.waiting),
              failed: number(one.run.failed),
            },
          )}
        </Text>
      )}
      {one.expected && (
        <Text size="sm">
          {t('Expected {low} to {high} in these days', {
            low: number(one.expected.low),
            high: number(one.expected.high),
          })}{' '}
          ({one.expected.from === 'replay' ? t('from its replay') : t('from its own history')})
        </Text>
      )}
      {one.waiting > 0 && (
        <Text size="sm">
          <Anchor
            component={Link}
            to="/configuration/voucher-campaign/pending-triggers"
            search={searchParams({ campaign: one.campaign_id })}
            size="sm"
          >
            {t('Scheduled for later: {n}', { n: number(one.waiting) })}
          </Anchor>
          {next && (
            <>
              {' · '}
              {t('next send {when}', { when: time(next.until) })}
              {' · '}
              <ApiSentence>{next.reason}</ApiSentence>
            </>
          )}
        </Text>
      )}
      {one.last_active && (
        <Text size="sm">{t('Last active on {day}', { day: day(one.last_active) })}</Text>
      )}
      <Group>
        <Anchor component={Link} to={`/marketing/${one.kind}/${one.campaign_id}`}>
          {t('Open campaign')}
        </Anchor>
        <Anchor
          component={Link}
          to="/configuration/voucher-campaign/diagnostics"
          search={searchParams({ campaign: one.campaign_id })}
        >
          {t('Diagnostics')}
        </Anchor>
      </Group>
    </SectionCard>
  )
}

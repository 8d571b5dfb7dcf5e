// Shows Reports > System health: whether the system does its work, what is stalled and what to do
// about it, and what failed day by day.
import { Alert, Badge, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import type { LateWork, QueueDepth, FunctionHeartbeat, SystemDay, SystemHealth } from '../client'
import { ChartCard } from '../components/chart-card'
import { KeyFigure } from '../components/key-figure'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { SectionCard } from '../components/section-card'
import { msg, useLocale } from '../locales/i18n'
import { LanesCard } from './lanes-card'
import { usePeriodComparison } from './period-comparison'
import { RecountCard } from './recount-card'
import { ReportFilters } from './report-filters'
import { useReportPeriod } from './report-period'
import { SystemAlertList, systemStateMessages, useSystemHealth, workLabels } from './system-alerts'

export function SystemHealthPage() {
  const { t } = useLocale()
  const { from, to, kind, channel, vertical, before } = useReportPeriod()
  const query = useSystemHealth({ from, to, kind, channel, vertical })
  const earlier = useSystemHealth({ ...before, kind, channel, vertical })
  return (
    <PageFrame
      title={t('System health')}
      intro={t(
        'The health of the system. Queues and overdue work are shown as of now; daily numbers follow the period.',
      )}
    >
      <ReportFilters path="system-health" by={['kind', 'channel', 'vertical']} />
      <QueryResult query={query}>
        {(report) => (
          <>
            <SystemStatusAlert report={report} />
            <LanesCard lanes={report.lanes} />
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <QueuesCard queues={report.queues} />
              <LateWorkCard work={report.work} />
            </SimpleGrid>
            <HeartbeatsCard signs={report.heartbeats} />
            <PeriodTotals total={report.total} before={earlier.data?.total} />
            <FailuresByDay days={report.days} from={from} to={to} zone={report.zone} />
            <RecountCard />
          </>
        )}
      </QueryResult>
    </PageFrame>
  )
}

function SystemStatusAlert({ report }: { report: SystemHealth }) {
  const { t } = useLocale()
  const { title, says, color } = systemStateMessages[report.state]
  return (
    <Alert variant="outline" color={color} title={t(title)} role="status">
      <Stack gap="sm">
        <Text>{t(says)}</Text>
        <SystemAlertList alerts={report.alerts} />
      </Stack>
    </Alert>
  )
}

function QueuesCard({ queues }: { queues: QueueDepth[] }) {
  const { t, number } = useLocale()
  const busy = queues.filter(
    ({ waiting, held, dead_letters }) => dead_letters > 0 || (waiting ?? 0) + (held ?? 0) > 0,
  )
  const row = (one: QueueDepth) => (
    <Table.Tr key={one.queue}>
      <Table.Th scope="row" fw={500}>
        {one.queue}
      </Table.Th>
      <Table.Td className="number">{one.waiting == null ? '–' : number(one.waiting)}</Table.Td>
      <Table.Td className="number">{one.held == null ? '–' : number(one.held)}</Table.Td>
      <Table.Td className="number">
        {one.dead_letters > 0 ? (
          <Badge variant="light" color="red" tt="none">
            {number(one.dead_letters)}
          </Badge>
        ) : (
          number(0)
        )}
      </Table.Td>
    </Table.Tr>
  )
  const table = (rows: QueueDepth[]) => (
    <div className="scroll" role="group" aria-label={t('Queues')} tabIndex={0}>
      <Table verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Queue')}</Table.Th>
            <Table.Th className="number">{t('waiting')}</Table.Th>
            <Table.Th className="number">{t('with a worker')}</Table.Th>
            <Table.Th className="number">{t('failed for good')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{rows.map(row)}</Table.Tbody>
      </Table>
    </div>
  )
  return (
    <SectionCard title={t('Queues')}>
      {busy.length > 0 ? (
        table(busy)
      ) : (
        <Text>
          {t('No failed jobs')}: {number(queues.length)}
        </Text>
      )}
      {busy.length < queues.length && (
        <details>
          <summary>{busy.length > 0 ? t('The empty ones too') : t('Each queue')}</summary>
          {table(queues)}
        </details>
      )}
      <Text size="sm" c="dimmed">
        {t('Approximate, as counted by SQS.')}
      </Text>
    </SectionCard>
  )
}

function LateWorkCard({ work }: { work: LateWork[] }) {
  const { t, number, duration } = useLocale()
  const due = work.filter((one) => one.due > 0)
  return (
    <SectionCard title={t('Due by now')}>
      {due.length === 0 ? (
        <Text>{t('Nothing is overdue.')}</Text>
      ) : (
        <div className="scroll" role="group" aria-label={t('Due by now')} tabIndex={0}>
          <Table verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('Work')}</Table.Th>
                <Table.Th className="number">{t('Due')}</Table.Th>
                <Table.Th>{t('the oldest')}</Table.Th>
                <Table.Th className="number">{t('late by')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {due.map((one) => (
                <Table.Tr key={one.work}>
                  <Table.Th scope="row" fw={500}>
                    {t(workLabels[one.work] ?? one.work)}
                  </Table.Th>
                  <Table.Td className="number">
                    {number(one.due)}
                    {one.more ? '+' : ''}
                  </Table.Td>
                  <Table.Td>
                    <RelativeTime at={one.oldest_due} />
                  </Table.Td>
                  <Table.Td className="number">{duration(one.late_seconds * 1000)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      <Text size="sm" c="dimmed">
        {t('Work of paused campaigns stays due until they are resumed.')}
      </Text>
    </SectionCard>
  )
}

const heartbeatLabels: Record<string, string> = {
  'release-dispatches': msg('Sending due messages'),
  'scan-autopilot': msg('Autopilot schedules'),
  sweep: msg('Recovering stalled work'),
  'aggregate-reports': msg('Counting vouchers into the reports'),
}

/**
 * Lists the functions that run by themselves, each minute or when a voucher changes, and when they
 * last did.
 */
function HeartbeatsCard({ signs }: { signs: FunctionHeartbeat[] }) {
  const { t, duration } = useLocale()
  return (
    <SectionCard title={t('Background jobs')}>
      <div className="scroll" role="group" aria-label={t('Background jobs')} tabIndex={0}>
        <Table verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('Work')}</Table.Th>
              <Table.Th>{t('Last run')}</Table.Th>
              <Table.Th className="number">{t('behind by')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {signs.map((one) => (
              <Table.Tr key={one.name}>
                <Table.Th scope="row" fw={500}>
                  {heartbeatLabels[one.name] ? t(heartbeatLabels[one.name]!) : one.name}
                  <Text size="xs" c="dimmed" dir="ltr" component="code" display="block">
                    {one.name}
                  </Text>
                </Table.Th>
                <Table.Td>
                  {one.last_at ? <RelativeTime at={one.last_at} /> : t('not yet')}
                </Table.Td>
                <Table.Td className="number">
                  {one.lag_seconds == null ? '–' : duration(one.lag_seconds * 1000)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <Text size="sm" c="dimmed">
        {t(
          'The first three run each minute; counting runs when a voucher changes, and its delay is that of the last change.',
        )}
      </Text>
    </SectionCard>
  )
}

function PeriodTotals({ total, before }: { total: SystemDay; before: SystemDay | undefined }) {
  const { t, number, percent } = useLocale()
  const { comparison } = usePeriodComparison()
  const rows: [string, keyof SystemDay][] = [
    [t('Attempts'), 'attempts'],
    [t('Refused'), 'failed'],
    [t('Postponed'), 'throttled'],
    [t('No answer'), 'unknown'],
    [t('Bounced'), 'bounced'],
    [t('Complained'), 'complained'],
    [t('Not processed'), 'unprocessed'],
  ]
  return (
    <SectionCard title={t('In this period')}>
      <Group align="stretch">
        {rows.map(([label, name]) => (
          <KeyFigure
            key={name}
            label={label}
            value={number(total[name])}
            hint={
              [
                name !== 'attempts' && total.attempts > 0 && total[name] > 0
                  ? percent(total[name], total.attempts)
                  : undefined,
                comparison(total[name], before?.[name]),
              ]
                .filter(Boolean)
                .join(' · ') || undefined
            }
          />
        ))}
      </Group>
    </SectionCard>
  )
}

function FailuresByDay({
  days,
  from,
  to,
  zone,
}: {
  days: Record<string, SystemDay>
  from: string
  to: string
  zone: string
}) {
  const { t } = useLocale()
  const values = (of: (day: SystemDay) => number) =>
    Object.fromEntries(Object.entries(days).map(([day, one]) => [day, of(one)]))
  return (
    <ChartCard
      title={t('What went wrong, by day')}
      unit={t('Messages')}
      from={from}
      to={to}
      note={`${t('Attempts to send: all of them are in delivery.')} ${t('Days are those of {zone}.', { zone })}`}
      series={[
        {
          name: t('Refused or bounced'),
          values: values((day) => day.failed + day.bounced + day.complained),
          tone: 'alarm',
        },
        {
          name: t('Postponed, will be retried'),
          values: values((day) => day.throttled),
          tone: 'light',
        },
        { name: t('No answer'), values: values((day) => day.unknown), tone: 'deep' },
        { name: t('Not processed'), values: values((day) => day.unprocessed), tone: 'dark' },
      ]}
    />
  )
}

// Shows Reports > Delivery: what the providers did with our messages by channel, why some failed,
// and how long they took.
import { Alert, Badge, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { callApi } from '../api/requests'
import {
  type AttemptCounts,
  type ChannelDelivery,
  type DeliveryPerformance,
  type DurationPercentiles,
  readDeliveryPerformance,
} from '../client'
import { ChartCard } from '../components/chart-card'
import { EmptyState } from '../components/empty-state'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { SectionCard } from '../components/section-card'
import { attemptLabels, channelLabels, faultLabels } from '../delivery/labels'
import { msg, useLocale } from '../locales/i18n'
import { type ChannelStatus, judgeChannel } from './channel-verdict'
import { usePeriodComparison } from './period-comparison'
import { ReportFilters } from './report-filters'
import { useReportPeriod } from './report-period'

function useDeliveryReport(before = false) {
  const range = useReportPeriod()
  const { from, to } = before ? range.before : range
  const query = { from, to, kind: range.kind, channel: range.channel, vertical: range.vertical }
  return useQuery<DeliveryPerformance>({
    queryKey: ['delivery', query],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      (await callApi(readDeliveryPerformance({ query, signal }))) as DeliveryPerformance,
  })
}

const providerNames: Record<string, string> = {
  eum: 'AWS End User Messaging',
  sns: 'Amazon SNS',
  ses: 'Amazon SES',
}
const statusBadges: Record<ChannelStatus, [string, string]> = {
  good: [msg('goes well'), 'pine'],
  watch: [msg('Needs attention'), 'orange'],
  bad: [msg('Failing'), 'red'],
  few: [msg('too few to say'), 'gray'],
}

export function DeliveryPage() {
  const { t } = useLocale()
  const { from, to } = useReportPeriod()
  const query = useDeliveryReport()
  const before = useDeliveryReport(true)
  return (
    <PageFrame
      title={t('Delivery')}
      intro={t(
        'How providers handled your messages: accepted, failed and why, and how long it takes.',
      )}
    >
      <ReportFilters path="api-perf" by={['kind', 'channel', 'vertical']} />
      <QueryResult query={query}>
        {(report) =>
          report.channels.length === 0 ? (
            <EmptyState title={t('No message in this period')}>
              {t(
                'When a campaign sends, each channel is listed here with the results of its messages.',
              )}
            </EmptyState>
          ) : (
            <>
              <SimpleGrid
                cols={{
                  base: 1,
                  md: report.channels.length > 1 ? 2 : 1,
                  lg: Math.min(3, report.channels.length),
                }}
              >
                {report.channels.map((one) => (
                  <ChannelCard
                    key={one.channel}
                    one={one}
                    before={before.data?.channels.find(({ channel }) => channel === one.channel)}
                  />
                ))}
              </SimpleGrid>
              <AttemptsTable channels={report.channels} />
              <SimpleGrid cols={{ base: 1, md: 2 }}>
                <FailuresCard channels={report.channels} />
                <DurationsCard channels={report.channels} />
              </SimpleGrid>
              <MessagesByDay report={report} from={from} to={to} />
            </>
          )
        }
      </QueryResult>
    </PageFrame>
  )
}

function ChannelCard({
  one,
  before,
}: {
  one: ChannelDelivery
  before: ChannelDelivery | undefined
}) {
  const { t, number, percent, duration } = useLocale()
  const { comparison } = usePeriodComparison()
  const { status, reasons } = judgeChannel(one)
  const [label, color] = statusBadges[status]
  const [reason, most] = Object.entries(one.reasons).toSorted(([, a], [, b]) => b - a)[0] ?? []
  return (
    <SectionCard
      title={t(channelLabels[one.channel])}
      actions={
        <Badge variant="light" color={color} tt="none">
          {t(label)}
        </Badge>
      }
    >
      <Text size="xl" fw={650}>
        {one.success_percent == null
          ? '–'
          : t('{n}% accepted', { n: number(Number(one.success_percent)) })}
      </Text>
      {before?.success_percent != null && (
        <Text size="sm" c="dimmed">
          {t('previously: {n}%', { n: number(Number(before.success_percent)) })}
        </Text>
      )}
      <Text size="sm">
        {t('Attempts: {n}', { n: number(one.attempts) })}
        {comparison(one.attempts, before?.attempts)
          ? ` (${comparison(one.attempts, before?.attempts)})`
          : ''}
      </Text>
      {reasons.map((code) => (
        <Alert key={code} variant="outline" color={color} p="xs">
          {code === 'failures' &&
            t('Too many are refused: {share} of the attempts.', {
              share: percent(one.failed, one.attempts),
            })}
          {code === 'bounces' &&
            t('Too many addresses bounce: {share}. Providers stop senders for this.', {
              share: percent(one.bounced, one.accepted),
            })}
          {code === 'complaints' &&
            t('Too many complaints: {share}. Providers stop senders for this.', {
              share: percent(one.complained, one.accepted),
            })}
          {code === 'unanswered' &&
            t('The provider often does not answer: {share} of the attempts.', {
              share: percent(one.unknown, one.attempts),
            })}
        </Alert>
      ))}
      {reason && most ? (
        <Text size="sm">
          {t('Most often: {reason} ({n})', {
            reason: t(faultLabels[reason] ?? reason),
            n: number(most),
          })}
        </Text>
      ) : null}
      {one.issued_to_sent && (
        <Text size="sm">
          {t('Half are with the provider within {time}.', {
            time: duration(one.issued_to_sent.p50_ms),
          })}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        <bdi lang="en">{providerNames[one.provider] ?? one.provider}</bdi>
      </Text>
    </SectionCard>
  )
}

const attemptColumns: Exclude<keyof AttemptCounts, 'attempts' | 'success_percent' | 'reasons'>[] = [
  'accepted',
  'delivered',
  'tapped',
  'bounced',
  'complained',
  'failed',
  'throttled',
  'unknown',
  'claimed',
]

function AttemptsTable({ channels }: { channels: ChannelDelivery[] }) {
  const { t, number, percent } = useLocale()
  return (
    <SectionCard title={t('Results')}>
      <div className="scroll" role="group" aria-label={t('Results')} tabIndex={0}>
        <Table miw={860} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('Channel')}</Table.Th>
              <Table.Th className="number">{t('Attempts')}</Table.Th>
              {attemptColumns.map((one) => (
                <Table.Th key={one} className="number">
                  {t(attemptLabels[one]!)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {channels.map((channel) => (
              <Table.Tr key={channel.channel}>
                <Table.Th scope="row" fw={500}>
                  {t(channelLabels[channel.channel])}
                </Table.Th>
                <Table.Td className="number">{number(channel.attempts)}</Table.Td>
                {attemptColumns.map((one) => (
                  <Table.Td key={one} className="number">
                    {number(channel[one])}
                    {channel[one] > 0 && (
                      <Text size="xs" c="dimmed">
                        {percent(channel[one], channel.attempts)}
                      </Text>
                    )}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <Text size="sm" c="dimmed">
        {t(
          '“Delivered” is what the provider says; some never do. A put-off message is tried again.',
        )}
      </Text>
    </SectionCard>
  )
}

function FailuresCard({ channels }: { channels: ChannelDelivery[] }) {
  const { t, number, percent } = useLocale()
  const rows = channels
    .flatMap(({ channel, reasons, attempts }) =>
      Object.entries(reasons).map(([reason, n]) => ({ channel, reason, n, attempts })),
    )
    .filter(({ n }) => n > 0)
    .toSorted((one, other) => other.n - one.n)
  return (
    <SectionCard title={t('Failures, by reason')}>
      {rows.length === 0 ? (
        <Text>{t('Nothing failed.')}</Text>
      ) : (
        <div className="scroll" role="group" aria-label={t('Failures, by reason')} tabIndex={0}>
          <Table verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('Reason')}</Table.Th>
                <Table.Th>{t('Channel')}</Table.Th>
                <Table.Th className="number">{t('Messages')}</Table.Th>
                <Table.Th className="number">{t('of attempts')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ channel, reason, n, attempts }) => (
                <Table.Tr key={channel + reason}>
                  <Table.Th scope="row" fw={500}>
                    {t(faultLabels[reason] ?? reason)}
                  </Table.Th>
                  <Table.Td>{t(channelLabels[channel])}</Table.Td>
                  <Table.Td className="number">{number(n)}</Table.Td>
                  <Table.Td className="number">{percent(n, attempts)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </SectionCard>
  )
}

function DurationsCard({ channels }: { channels: ChannelDelivery[] }) {
  const { t, duration } = useLocale()
  const rows = channels.flatMap((one): [string, DurationPercentiles][] => [
    ...(one.due_to_sent
      ? [
          [
            t('{channel}: from the scheduled time to the provider', {
              channel: t(channelLabels[one.channel]),
            }),
            one.due_to_sent,
          ] as [string, DurationPercentiles],
        ]
      : []),
    ...(one.issued_to_sent
      ? [
          [
            t('{channel}: until the provider has it', { channel: t(channelLabels[one.channel]) }),
            one.issued_to_sent,
          ] as [string, DurationPercentiles],
        ]
      : []),
    ...(one.sent_to_delivered
      ? [
          [
            t('{channel}: from there to the customer', { channel: t(channelLabels[one.channel]) }),
            one.sent_to_delivered,
          ] as [string, DurationPercentiles],
        ]
      : []),
  ])
  return (
    <SectionCard title={t('How long it takes')}>
      {rows.length === 0 ? (
        <Text>{t('no numbers yet')}</Text>
      ) : (
        <Stack gap={4}>
          <div className="scroll" role="group" aria-label={t('How long it takes')} tabIndex={0}>
            <Table verticalSpacing={4}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('Way')}</Table.Th>
                  <Table.Th className="number">{t('half within')}</Table.Th>
                  <Table.Th className="number">{t('95 of 100')}</Table.Th>
                  <Table.Th className="number">{t('99 of 100')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map(([name, took]) => (
                  <Table.Tr key={name}>
                    <Table.Th scope="row" fw={500}>
                      {name}
                    </Table.Th>
                    <Table.Td className="number">{duration(took.p50_ms)}</Table.Td>
                    <Table.Td className="number">{duration(took.p95_ms)}</Table.Td>
                    <Table.Td className="number">{duration(took.p99_ms)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
          <Text size="sm" c="dimmed">
            {t('Accurate to about 40%, because times are counted in steps.')}
          </Text>
        </Stack>
      )}
    </SectionCard>
  )
}

function MessagesByDay({
  report,
  from,
  to,
}: {
  report: DeliveryPerformance
  from: string
  to: string
}) {
  const { t } = useLocale()
  const add = (value: (day: AttemptCounts) => number) => {
    const values: Record<string, number> = {}
    for (const day of report.days) values[day.day] = (values[day.day] ?? 0) + value(day)
    return values
  }
  return (
    <Group grow align="stretch">
      <ChartCard
        title={t('Messages by day')}
        unit={t('Messages')}
        from={from}
        to={to}
        note={t('Days are those of {zone}.', { zone: report.zone })}
        series={[
          { name: t('Attempts'), values: add((day) => day.attempts), tone: 'light' },
          { name: t('accepted by the provider'), values: add((day) => day.accepted), tone: 'dark' },
          {
            name: t('failed, bounced or no answer'),
            values: add((day) => day.failed + day.bounced + day.unknown),
            tone: 'alarm',
          },
        ]}
      />
    </Group>
  )
}

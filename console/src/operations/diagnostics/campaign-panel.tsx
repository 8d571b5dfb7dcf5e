// Shows the internals of one campaign: its run and reconciliation, segments, open work, skips,
// failures and samples.
import { Anchor, Badge, Button, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { callApi } from '../../api/requests'
import { searchParams } from '../../app/search-params'
import { StateBadge } from '../../campaign/state-badge'
import {
  type CampaignDiagnostics,
  type Channel,
  diagnoseCampaign,
  type RunEquation,
  type SegmentView,
} from '../../client'
import { QueryResult } from '../../components/query-result'
import { RelativeTime } from '../../components/relative-time'
import { ScrollTable } from '../../components/scroll-table'
import { SectionCard } from '../../components/section-card'
import { attemptLabels, channelLabels, faultLabels } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { skipLabels } from '../../voucher/labels'
import { RecordTable } from './record-table'

export function CampaignPanel({ id }: { id: string }) {
  const query = useQuery<CampaignDiagnostics>({
    queryKey: ['diagnostics', 'campaign', id],
    queryFn: ({ signal }) => callApi(diagnoseCampaign({ path: { id }, signal })),
    refetchInterval: ({ state }) =>
      state.data && ['running', 'enabled'].includes(state.data.state) ? 10_000 : false,
  })
  return <QueryResult query={query}>{(data) => <CampaignFindings data={data} />}</QueryResult>
}

function CampaignFindings({ data }: { data: CampaignDiagnostics }) {
  const { t } = useLocale()
  const { run } = data
  return (
    <Stack>
      <Group>
        <Anchor
          component={Link}
          to={`/marketing/${data.kind}/${data.campaign_id}`}
          fw={600}
          className="wrap"
        >
          <span dir="auto">{data.name}</span>
        </Anchor>
        <StateBadge state={data.state} />
      </Group>
      {run ? (
        <ReconciliationCard run={run} kind={data.kind} />
      ) : (
        <Text>{t('It has not been launched: there is nothing to look into yet.')}</Text>
      )}
      {run && (
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <OpenWorkCard data={data} />
          <CountCard
            title={t('Skipped, by reason')}
            none={t('Nobody was skipped.')}
            rows={Object.entries(data.skips).map(([reason, n]) => [
              t(skipLabels[reason] ?? reason),
              n,
            ])}
          />
        </SimpleGrid>
      )}
      {run && (
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <AttemptsCard attempts={data.attempts} />
          <CountCard
            title={t('Failures, by channel and reason')}
            none={t('Nothing failed.')}
            rows={splitByChannel(data.failures).map(([channel, reason, n]) => [
              `${t(channelLabels[channel] ?? channel)}: ${t(faultLabels[reason] ?? reason)}`,
              n,
            ])}
          />
        </SimpleGrid>
      )}
      {data.samples.length > 0 && (
        <SectionCard title={t('A few of each kind')}>
          <RecordTable records={data.samples} />
        </SectionCard>
      )}
      {data.segments.length > 0 && <SegmentsCard segments={data.segments} />}
    </Stack>
  )
}

const splitByChannel = (counts: Record<string, number>) =>
  Object.entries(counts).map(([name, n]): [Channel, string, number] => {
    const [channel = '', ...rest] = name.split('.')
    return [channel as Channel, rest.join('.'), n]
  })

function ReconciliationCard({ run, kind }: { run: RunEquation; kind: string }) {
  const { t, number } = useLocale()
  const terms: [string, number][] = [
    [t('issued'), run.issued],
    [t('control group'), run.ghost],
    [t('skipped'), run.skipped],
    [t('waiting'), run.waiting],
    [t('failed'), run.failed],
  ]
  const sum = terms.reduce((all, [, n]) => all + n, 0)
  return (
    <SectionCard
      title={t('Delivery status')}
      actions={
        <Badge variant="light" color={run.closed ? 'pine' : 'yellow'} tt="none">
          {run.closed ? t('All customers accounted for') : t('In progress')}
        </Badge>
      }
    >
      <Group gap="xs" align="baseline">
        <Text>
          <b>{number(run.selected)}</b> {t('selected')}
        </Text>
        <Text aria-hidden>{sum === run.selected ? '=' : '≠'}</Text>
        {terms.map(([name, value], place) => (
          <Text key={name}>
            {place > 0 ? '+ ' : ''}
            <b>{number(value)}</b> {name}
          </Text>
        ))}
      </Group>
      {kind === 'promotion' && (
        <Text size="sm">{t('Customers looked at: {n}', { n: number(run.scanned) })}</Text>
      )}
      {run.open > 0 && (
        <Text size="sm">{t('Unfinished batches: {n}', { n: number(run.open) })}</Text>
      )}
      {run.unreadable > 0 && (
        <Text c="var(--mantine-color-error)">
          {t('Records that could not be read: {n}', { n: number(run.unreadable) })}
        </Text>
      )}
    </SectionCard>
  )
}

function OpenWorkCard({ data: { campaign_id, open_work } }: { data: CampaignDiagnostics }) {
  const { t, number } = useLocale()
  const rows: [string, number][] = [
    [t('matches scheduled for later'), open_work.matches],
    ...Object.entries(open_work.ready).map(([channel, n]): [string, number] => [
      t('ready to send by {channel}', { channel: t(channelLabels[channel as Channel] ?? channel) }),
      n,
    ]),
    [t('with a worker'), open_work.released],
    [t('without an answer of the provider'), open_work.unknown],
  ]
  const some = rows.filter(([, n]) => n > 0)
  return (
    <SectionCard title={t('Open work')}>
      {some.length === 0 ? (
        <Text>{t('Nothing is open.')}</Text>
      ) : (
        <Table verticalSpacing={4}>
          <Table.Tbody>
            {some.map(([name, n]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row" fw={500}>
                  {name}
                </Table.Th>
                <Table.Td className="number">{number(n)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {open_work.more && <Text size="sm">{t('There is more than was counted.')}</Text>}
      {open_work.oldest_due && (
        <Text size="sm">
          {t('Next send')} <RelativeTime at={open_work.oldest_due} />
        </Text>
      )}
      {some.length > 0 && (
        <Group>
          <Button
            component={Link}
            to="/configuration/voucher-campaign/pending-triggers"
            search={searchParams({ campaign: campaign_id })}
            variant="default"
            size="compact-sm"
          >
            {t('See them, retry or drop')}
          </Button>
        </Group>
      )}
    </SectionCard>
  )
}

function CountCard({
  title,
  none,
  rows,
}: {
  title: string
  none: string
  rows: [string, number][]
}) {
  const { number } = useLocale()
  return (
    <SectionCard title={title}>
      {rows.length === 0 ? (
        <Text>{none}</Text>
      ) : (
        <Table verticalSpacing={4}>
          <Table.Tbody>
            {rows
              .toSorted((one, other) => other[1] - one[1])
              .map(([name, n]) => (
                <Table.Tr key={name}>
                  <Table.Th scope="row" fw={500} className="wrap">
                    {name}
                  </Table.Th>
                  <Table.Td className="number">{number(n)}</Table.Td>
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
      )}
    </SectionCard>
  )
}

function AttemptsCard({ attempts }: { attempts: Record<string, number> }) {
  const { t, number } = useLocale()
  const found = splitByChannel(attempts)
  const channels = [...new Set(found.map(([channel]) => channel))]
  const states = [...new Set(found.map(([, state]) => state))]
  return (
    <SectionCard title={t('Messages by result')}>
      {found.length === 0 ? (
        <Text>{t('No message has gone out yet.')}</Text>
      ) : (
        <ScrollTable label={t('Messages by result')} verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('Status')}</Table.Th>
              {channels.map((channel) => (
                <Table.Th key={channel} className="number">
                  {t(channelLabels[channel] ?? channel)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {states.map((state) => (
              <Table.Tr key={state}>
                <Table.Th scope="row" fw={500}>
                  {t(attemptLabels[state] ?? state)}
                </Table.Th>
                {channels.map((channel) => (
                  <Table.Td key={channel} className="number">
                    {number(attempts[`${channel}.${state}`] ?? 0)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </ScrollTable>
      )}
    </SectionCard>
  )
}

function SegmentsCard({ segments }: { segments: SegmentView[] }) {
  const { t, number } = useLocale()
  const done = segments.filter(({ scanned_all }) => scanned_all).length
  return (
    <SectionCard title={t('Parts of the customer base')}>
      <Text>
        {t('Looked through to the end: {done} of {all}', {
          done: number(done),
          all: number(segments.length),
        })}
      </Text>
      <details>
        <summary>{t('Each part')}</summary>
        <ScrollTable label={t('Parts of the customer base')} miw={640} verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th className="number">{t('Part')}</Table.Th>
              <Table.Th>{t('Status')}</Table.Th>
              <Table.Th className="number">{t('Looked at')}</Table.Th>
              <Table.Th className="number">{t('Selected')}</Table.Th>
              <Table.Th className="number">{t('Open')}</Table.Th>
              <Table.Th className="number">{t('Pages read')}</Table.Th>
              <Table.Th>{t('Last edited')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {segments.map((one) => (
              <Table.Tr key={one.number}>
                <Table.Td className="number">{number(one.number)}</Table.Td>
                <Table.Td>{one.scanned_all ? t('done') : t('under way')}</Table.Td>
                <Table.Td className="number">{number(one.scanned)}</Table.Td>
                <Table.Td className="number">{number(one.selected)}</Table.Td>
                <Table.Td className="number">{number(one.open)}</Table.Td>
                <Table.Td className="number">{number(one.pages)}</Table.Td>
                <Table.Td>
                  <RelativeTime at={one.updated_at} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </ScrollTable>
      </details>
    </SectionCard>
  )
}

// Reports > System health: whether the system does its work, what stands still and what to do about it, and what went wrong day by day.
import { Alert, Anchor, Badge, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { readSystemHealth, type LateWork, type QueueDepth, type Sign, type SystemAlert, type SystemDay, type SystemHealth, type SystemState } from '../client'
import { call } from '../app/api'
import { ChartCard } from '../app/chart'
import { msg, useWords } from '../app/i18n'
import { Answer, Card, Figure, Page as Frame, When } from '../app/parts'
import { Recount } from './recount'
import { RangeBar, useAgainst, useRange } from './range'

export const systemWords: Record<SystemState, { title: string; says: string; color: string }> = {
  ok: { title: msg('The system does its work'), says: msg('Queues are emptied, nothing was given up, nothing stands still.'), color: 'pine' },
  attention: { title: msg('Something waits for a person'), says: msg('Work goes on; some messages were given up and wait in dead letters.'), color: 'orange' },
  failing: { title: msg('Something stands still'), says: msg('Work is not taken up, or a queue is not emptied. Nothing is lost, but customers wait.'), color: 'red' },
}
const causeWords: Record<string, { title: string; next: string }> = {
  dead_letters: { title: msg('Messages were given up: {about}'), next: msg('Read their reasons in dead letters, mend the cause, then send them back.') },
  queue_not_emptied: { title: msg('A queue is not emptied: {about}'), next: msg('Ask whoever operates the system to look at the function that reads it.') },
  clock_missed: { title: msg('A clock stands still: {about}'), next: msg('Ask whoever operates the system to look at the rule that wakes it, its queue with the dead letters, and its log.') },
  reports_behind: { title: msg('The reports are behind the vouchers'), next: msg('Ask whoever operates the system to look at the log and the errors of aggregate-reports.') },
  counter_drift: { title: msg('Counters are not what the vouchers say'), next: msg('Look at the differences below the recount of system health, then repair the counters.') },
  sweep_not_running: { title: msg('Work is not looked after: {about}'), next: msg('Ask whoever operates the system to look at its clock and at the sweep.') },
}
const workWords: Record<string, string> = {
  matches: msg('matches of autopilots, due'), scanning: msg('choosing customers'), calendars: msg('calendars of autopilots'), ready_sms: msg('SMS to send'), ready_email: msg('E-mails to send'),
  ready_push: msg('Push messages to send'), released: msg('with a worker'), unknown: msg('without an answer of the provider'),
}

export const useSystem = (query: { from?: string; to?: string; kind?: 'promotion' | 'autopilot'; channel?: 'sms' | 'email' | 'push'; vertical?: string } = {}) => useQuery<SystemHealth>({
  queryKey: ['system', query], placeholderData: keepPreviousData, refetchInterval: 30_000, queryFn: async ({ signal }) => (await call(readSystemHealth({ query, signal }))) as SystemHealth,
})

export function Page() {
  const { t } = useWords()
  const { from, to, kind, channel, vertical, before } = useRange()
  const query = useSystem({ from, to, kind, channel, vertical })
  const earlier = useSystem({ ...before, kind, channel, vertical })
  return (
    <Frame title={t('System health')} intro={t('Whether the system itself does its work. Queues and late work are as of now; the days follow the period.')}>
      <RangeBar path="system-health" by={['kind', 'channel', 'vertical']} />
      <Answer query={query}>{(report) => (
        <>
          <Stand report={report} />
          <SimpleGrid cols={{ base: 1, md: 2 }}><Queues queues={report.queues} /><Late work={report.work} /></SimpleGrid>
          <Clocks signs={report.heartbeats} />
          <Totals total={report.total} before={earlier.data?.total} />
          <ByDay days={report.days} from={from} to={to} zone={report.zone} />
          <Recount />
        </>
      )}</Answer>
    </Frame>
  )
}

function Stand({ report }: { report: SystemHealth }) {
  const { t } = useWords()
  const { title, says, color } = systemWords[report.state]
  return (
    <Alert variant="outline" color={color} title={t(title)} role="status">
      <Stack gap="sm">
        <Text>{t(says)}</Text>
        <SystemAlerts alerts={report.alerts} />
      </Stack>
    </Alert>
  )
}

export function SystemAlerts({ alerts }: { alerts: SystemAlert[] }) {
  const { t } = useWords()
  return alerts.map((alert) => {
    const known = causeWords[alert.cause]
    const about = t(workWords[alert.about] ?? alert.about)
    return (
      <div key={alert.cause + alert.about}>
        <Text fw={600}>{known ? t(known.title, { about }) : <span lang="en">{alert.says}</span>}</Text>
        {known && <Text size="sm" lang="en"><bdi>{alert.says}</bdi></Text>}
        <Text size="sm"><b>{t('Next:')}</b> {known ? t(known.next) : <span lang="en">{alert.next_step}</span>}{' '}
          {alert.cause === 'dead_letters' && <Anchor component={Link} to="/configuration/voucher-campaign/dead-letters" size="sm">{t('Dead letters')}</Anchor>}</Text>
      </div>
    )
  })
}

function Queues({ queues }: { queues: QueueDepth[] }) {
  const { t, number } = useWords()
  const busy = queues.filter(({ waiting, held, dead_letters }) => dead_letters > 0 || (waiting ?? 0) + (held ?? 0) > 0)
  const row = (one: QueueDepth) => (
    <Table.Tr key={one.queue}><Table.Th scope="row" fw={500}>{one.queue}</Table.Th><Table.Td className="number">{one.waiting == null ? '–' : number(one.waiting)}</Table.Td><Table.Td className="number">{one.held == null ? '–' : number(one.held)}</Table.Td>
      <Table.Td className="number">{one.dead_letters > 0 ? <Badge variant="light" color="red" tt="none">{number(one.dead_letters)}</Badge> : number(0)}</Table.Td></Table.Tr>
  )
  const table = (rows: QueueDepth[]) => (
    <div className="scroll" role="group" aria-label={t('Queues')} tabIndex={0}>
      <Table verticalSpacing={4}><Table.Thead><Table.Tr><Table.Th>{t('Queue')}</Table.Th><Table.Th className="number">{t('waiting')}</Table.Th><Table.Th className="number">{t('with a worker')}</Table.Th><Table.Th className="number">{t('given up')}</Table.Th></Table.Tr></Table.Thead><Table.Tbody>{rows.map(row)}</Table.Tbody></Table>
    </div>
  )
  return (
    <Card title={t('Queues')}>
      {busy.length > 0 ? table(busy) : <Text>{t('All queues are clear')}: {number(queues.length)}</Text>}
      {busy.length < queues.length && <details><summary>{busy.length > 0 ? t('The empty ones too') : t('Each queue')}</summary>{table(queues)}</details>}
      <Text size="sm" c="dimmed">{t('Counted by SQS, about.')}</Text>
    </Card>
  )
}

function Late({ work }: { work: LateWork[] }) {
  const { t, number, duration } = useWords()
  const due = work.filter((one) => one.due > 0)
  return (
    <Card title={t('Due by now')}>
      {due.length === 0 ? <Text>{t('Nothing is due: all has been taken up.')}</Text> : (
        <div className="scroll" role="group" aria-label={t('Due by now')} tabIndex={0}>
          <Table verticalSpacing={4}>
            <Table.Thead><Table.Tr><Table.Th>{t('Work')}</Table.Th><Table.Th className="number">{t('Due')}</Table.Th><Table.Th>{t('the oldest')}</Table.Th><Table.Th className="number">{t('late by')}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>{due.map((one) => <Table.Tr key={one.work}><Table.Th scope="row" fw={500}>{t(workWords[one.work] ?? one.work)}</Table.Th><Table.Td className="number">{number(one.due)}{one.more ? '+' : ''}</Table.Td><Table.Td><When at={one.oldest_due} /></Table.Td><Table.Td className="number">{duration(one.late_seconds * 1000)}</Table.Td></Table.Tr>)}</Table.Tbody>
          </Table>
        </div>
      )}
      <Text size="sm" c="dimmed">{t('What belongs to paused campaigns stays due until they are resumed.')}</Text>
    </Card>
  )
}

const clockWords: Record<string, string> = {
  'release-dispatches': msg('Sending what is due'), 'scan-autopilot': msg('Whose day it is, for autopilots'), sweep: msg('Looking after work that stands still'), 'aggregate-reports': msg('Counting vouchers into the reports'),
}

/** What runs by itself, each minute or when a voucher changes, and when it last did. */
function Clocks({ signs }: { signs: Sign[] }) {
  const { t, duration } = useWords()
  return (
    <Card title={t('What runs by itself')}>
      <div className="scroll" role="group" aria-label={t('What runs by itself')} tabIndex={0}>
        <Table verticalSpacing={4}>
          <Table.Thead><Table.Tr><Table.Th>{t('Work')}</Table.Th><Table.Th>{t('Last came round')}</Table.Th><Table.Th className="number">{t('behind by')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{signs.map((one) => (
            <Table.Tr key={one.name}><Table.Th scope="row" fw={500}>{clockWords[one.name] ? t(clockWords[one.name]!) : one.name}<Text size="xs" c="dimmed" dir="ltr" component="code" display="block">{one.name}</Text></Table.Th>
              <Table.Td>{one.last_at ? <When at={one.last_at} /> : t('not yet')}</Table.Td><Table.Td className="number">{one.lag_seconds == null ? '–' : duration(one.lag_seconds * 1000)}</Table.Td></Table.Tr>
          ))}</Table.Tbody>
        </Table>
      </div>
      <Text size="sm" c="dimmed">{t('The first three run each minute; counting runs when a voucher changes, and its delay is that of the last change.')}</Text>
    </Card>
  )
}

function Totals({ total, before }: { total: SystemDay; before: SystemDay | undefined }) {
  const { t, number, percent } = useWords()
  const { against } = useAgainst()
  const rows: [string, keyof SystemDay][] = [[t('Attempts'), 'attempts'], [t('Refused'), 'failed'], [t('Put off'), 'throttled'], [t('No answer'), 'unknown'], [t('Bounced'), 'bounced'], [t('Complained'), 'complained'], [t('Not processed'), 'unprocessed']]
  return (
    <Card title={t('In this period')}>
      <Group align="stretch">{rows.map(([label, name]) => <Figure key={name} label={label} value={number(total[name])} hint={[name !== 'attempts' && total.attempts > 0 && total[name] > 0 ? percent(total[name], total.attempts) : undefined, against(total[name], before?.[name])].filter(Boolean).join(' · ') || undefined} />)}</Group>
    </Card>
  )
}

function ByDay({ days, from, to, zone }: { days: Record<string, SystemDay>; from: string; to: string; zone: string }) {
  const { t } = useWords()
  const values = (of: (day: SystemDay) => number) => Object.fromEntries(Object.entries(days).map(([day, one]) => [day, of(one)]))
  return (
    <ChartCard title={t('What went wrong, by day')} from={from} to={to} note={`${t('Attempts to send: all of them are in delivery.')} ${t('Days are those of {zone}.', { zone })}`} series={[
      { name: t('Refused or bounced'), values: values((day) => day.failed + day.bounced + day.complained), tone: 'alarm' }, { name: t('Put off, tried again'), values: values((day) => day.throttled), tone: 'light' },
      { name: t('No answer'), values: values((day) => day.unknown), tone: 'deep' }, { name: t('Not processed'), values: values((day) => day.unprocessed), tone: 'dark' }]} />
  )
}

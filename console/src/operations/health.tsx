// Configuration > Health: whether each campaign does as it should, its equation, and where not, why and what to do.
import { Alert, Anchor, Badge, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { CampaignHealth } from '../client'
import { useWords } from '../app/i18n'
import { Answer, Card, Empty, Page as Frame, Pager, StateBadge } from '../app/parts'
import { asks, useFilters } from '../app/search'
import { skipWords } from '../campaigns/words'
import { SystemAlerts, systemWords, useSystem } from '../reports/system-health'
import { healthPage } from './health-list'
import { causes, healthColors, healthWords, mend } from './health-words'

const PAGE = 25

/** A moment in a sentence of the API. */
const MOMENT = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

export function Page() {
  const { t } = useWords()
  const filters = useFilters()
  const cursor = filters.cursors.at(-1)
  const query = useQuery({ queryKey: ['health', cursor], refetchInterval: 30_000, queryFn: ({ signal }) => healthPage(PAGE, cursor, signal) })
  return (
    <Frame title={t('Health')} intro={t('Whether each campaign does what it should; of autopilots, how often they fired in their last whole days, seven at most, and how often they should have.')}>
      <System />
      <Answer query={query}>{(data) => data.items.length === 0 && filters.cursors.length === 0 ? (
        <Empty title={t('No campaign is on')}>{t('As soon as one is enabled, this page says whether it fires as it should, and where not, why.')}</Empty>
      ) : <><SimpleGrid cols={{ base: 1, lg: 2 }}>{data.items.map((one) => <One key={one.campaign_id} one={one} />)}</SimpleGrid><Pager cursors={filters.cursors} next={data.next_cursor} go={filters.turn} /></>}</Answer>
    </Frame>
  )
}

/** The alarms of the system itself; nothing while all is well. */
function System() {
  const { t } = useWords()
  const query = useSystem()
  if (!query.data) return null
  const { title, says, color } = systemWords[query.data.state]
  return (
    <Alert variant="outline" color={color} title={t(title)}>
      <Stack gap="sm"><Text>{t(says)} <Anchor component={Link} to="/reports/voucher-campaigns/system-health">{t('System health')}</Anchor></Text><SystemAlerts alerts={query.data.alerts} /></Stack>
    </Alert>
  )
}

function One({ one }: { one: CampaignHealth }) {
  const { t, number, day, time } = useWords()
  return (
    <Card title={one.name} actions={<Group gap="xs"><StateBadge state={one.state} /><Badge variant="light" color={healthColors[one.health]} tt="none">{t(healthWords[one.health])}</Badge></Group>}>
      {one.alerts.map((alert) => (
        <Alert key={alert.cause} color={healthColors[one.health]} variant="outline" title={t(causes[alert.cause]?.title ?? alert.cause)}>
          <Stack gap={4}><Text><bdi lang="en">{alert.says.replace(MOMENT, time)}</bdi></Text>
            <Text><b>{t('Next:')}</b> {causes[alert.cause] ? t(mend(alert.cause, one)) : <bdi lang="en">{alert.next_step}</bdi>}</Text></Stack>
        </Alert>
      ))}
      {one.fired ? (
        <>
          <Text size="sm">{day(one.fired.from)} – {day(one.fired.until)}</Text>
          <Group gap="xs"><Text><b>{number(one.fired.matches)}</b> {t('matches')}</Text><Text aria-hidden>=</Text><Text><b>{number(one.fired.vouchers)}</b> {t('issued')}</Text><Text>+ <b>{number(one.fired.ghost)}</b> {t('held out')}</Text>
            <Text>+ <b>{number(Object.values(one.fired.suppressed).reduce((sum, n) => sum + n, 0))}</b> {t('skipped')}</Text></Group>
          {Object.keys(one.fired.suppressed).length > 0 && <Table verticalSpacing={4}><Table.Tbody>{Object.entries(one.fired.suppressed).map(([reason, n]) => <Table.Tr key={reason}><Table.Th scope="row" fw={500}>{t(skipWords[reason] ?? reason)}</Table.Th><Table.Td className="number">{number(n)}</Table.Td></Table.Tr>)}</Table.Tbody></Table>}
        </>
      ) : one.kind === 'autopilot' && <Text>{t('It was not on for a whole day yet.')}</Text>}
      {one.run && <Text size="sm">{t('{selected} selected = {issued} issued + {ghost} held out + {skipped} skipped + {waiting} waiting + {failed} failed', {
        selected: number(one.run.selected), issued: number(one.run.issued), ghost: number(one.run.ghost), skipped: number(one.run.skipped), waiting: number(one.run.waiting), failed: number(one.run.failed) })}</Text>}
      {one.expected && <Text size="sm">{t('Expected {low} to {high} in these days', { low: number(one.expected.low), high: number(one.expected.high) })} ({one.expected.from === 'replay' ? t('from its replay') : t('from its own history')})</Text>}
      {one.waiting > 0 && <Text size="sm">{t('Waiting for their hour: {n}', { n: number(one.waiting) })}</Text>}
      {one.last_active && <Text size="sm">{t('Last active on {day}', { day: day(one.last_active) })}</Text>}
      <Group><Anchor component={Link} to={`/marketing/${one.kind}/${one.campaign_id}`}>{t('To the campaign')}</Anchor><Anchor component={Link} to="/configuration/voucher-campaign/diagnostics" search={asks({ campaign: one.campaign_id })}>{t('Diagnostics')}</Anchor></Group>
    </Card>
  )
}

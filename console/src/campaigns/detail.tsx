// One campaign: where its run stands, what came of it, what was decided, who got what, and its history. Tabs are in the address.
import { now } from '../app/config'
import { Alert, Anchor, Badge, Button, Grid, Group, List, Progress, Select, SimpleGrid, Stack, Table, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import type { Campaign, CampaignPerformance, RunView, Status } from '../client'
import { listCampaignPerformance } from '../client'
import { call } from '../app/api'
import { msg, useWords } from '../app/i18n'
import { Answer, Bones, Card, channelWords, Figure, Page as Frame, Pager, StateBadge, stateWords, verdictWords, When } from '../app/parts'
import { WarningText } from '../app/said'
import { asks, useFilters } from '../app/search'
import { useSession } from '../app/session'
import { Actions } from './actions'
import { EffectCard } from './effect'
import { ApprovalNote } from './approval'
import { Changes } from './changes'
import { MOVING, useAudit, useCampaign, useVouchers } from './queries'
import { Summary } from './summary'
import { skipWords, statusWords } from './words'

const JUST_OVER_MS = 600_000
const ReplayCard = lazy(() => import('../autopilot/replay'))

const actionWords: Record<string, string> = {
  create: msg('created'), created: msg('created'), change: msg('changed'), replace: msg('changed'), launch: msg('launched'), pause: msg('paused'), resume: msg('resumed'),
  cancel: msg('cancelled'), archive: msg('archived'), clone: msg('cloned'), complete: msg('completed'), end: msg('ended'), start: msg('started'),
  retry: msg('retried a pending trigger'), drop: msg('dropped a pending trigger'), fail: msg('failed'),
}

export function Page() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const query = useCampaign(id)
  return <Answer query={query}>{({ campaign }) => <Detail campaign={campaign} />}</Answer>
}

function Detail({ campaign }: { campaign: Campaign }) {
  const { t } = useWords()
  const filters = useFilters()
  const tab = filters.text('tab') ?? 'overview'
  return (
    <Frame title={campaign.name} actions={<>{campaign.launched_at && <Button variant="default" component={Link} to="/configuration/voucher-campaign/diagnostics" search={asks({ campaign: campaign.id })}>{t('Diagnostics')}</Button>}<Edit campaign={campaign} /><Actions subject={campaign} /></>} intro={(
      <Group gap="sm" component="span">
        <Anchor component={Link} to={`/marketing/${campaign.kind}`} size="sm">{campaign.kind === 'promotion' ? t('All promotions') : t('All autopilots')}</Anchor>
        <StateBadge state={campaign.state} />
        {campaign.launched_at && <span>{t('launched')} <When at={campaign.launched_at} /></span>}
        {campaign.ended_at && <span>{t('over')} <When at={campaign.ended_at} /></span>}
      </Group>
    )}>
      {campaign.description && <Text className="wrap" dir="auto">{campaign.description}</Text>}
      {campaign.paused_because && (
        <Alert color="yellow" variant="outline" title={t('It paused itself')}>
          {campaign.paused_because.cause === 'bounces' ? t('Too many messages bounced: {n} of {of} by {channel}.', harm(campaign, t))
            : campaign.paused_because.cause === 'complaints' ? t('Too many complaints: {n} of {of} by {channel}.', harm(campaign, t))
              : t('A channel is failing: {n} of {of} by {channel}.', harm(campaign, t))}{' '}
          {t('Look at the addresses and the messages before you resume.')}
        </Alert>
      )}
      <ApprovalNote campaign={campaign} />
      {campaign.warnings.length > 0 && (
        <Alert color="yellow" variant="outline" title={t('Before you go on')}>
          <List>{campaign.warnings.map((warning) => <List.Item key={warning.code + warning.field}><WarningText {...warning} /></List.Item>)}</List>
        </Alert>
      )}
      <Tabs value={tab} onChange={(value) => filters.set({ tab: value === 'overview' ? undefined : value ?? undefined, status: undefined })} keepMounted={false}>
        <Tabs.List className="no-print">
          <Tabs.Tab value="overview">{t('Overview')}</Tabs.Tab><Tabs.Tab value="definition">{t('What it says')}</Tabs.Tab>
          <Tabs.Tab value="vouchers">{t('Vouchers')}</Tabs.Tab><Tabs.Tab value="history">{t('History')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="overview" pt="lg"><Overview campaign={campaign} /></Tabs.Panel>
        <Tabs.Panel value="definition" pt="lg"><Summary definition={campaign} /></Tabs.Panel>
        <Tabs.Panel value="vouchers" pt="lg"><Vouchers id={campaign.id} /></Tabs.Panel>
        <Tabs.Panel value="history" pt="lg"><History id={campaign.id} /></Tabs.Panel>
      </Tabs>
    </Frame>
  )
}

function Edit({ campaign }: { campaign: Campaign }) {
  const { t } = useWords()
  const { mayChange } = useSession()
  if (!mayChange || !['draft', 'scheduled', 'running', 'enabled', 'paused'].includes(campaign.state)) return null
  return <Button variant="default" component={Link} to={`/marketing/${campaign.kind}/${campaign.id}/edit`}>{t('Change')}</Button>
}

function harm({ paused_because: cause }: Campaign, t: (text: string) => string) {
  return { n: cause?.count ?? 0, of: cause?.of ?? 0, channel: t(channelWords[cause?.channel ?? 'email']) }
}

function Overview({ campaign }: { campaign: Campaign }) {
  const { t, minor, number } = useWords()
  // a day earlier: the report's days are those of the tenant's zone
  const day = (at: string) => new Date(Date.parse(at) - 86_400_000).toISOString().slice(0, 10)
  const to = new Date(now()).toISOString().slice(0, 10)
  const earliest = new Date(now() - 365 * 86_400_000).toISOString().slice(0, 10)
  const since = campaign.launched_at ? day(campaign.launched_at) : to
  const from = since > to ? to : since < earliest ? earliest : since
  const report = useQuery({
    queryKey: ['performance', 'one', campaign.id, from, to],
    enabled: Boolean(campaign.launched_at),
    // customers go on after the sending is over, and the counters follow the ledger by seconds
    refetchInterval: MOVING.includes(campaign.state) || now() - Date.parse(campaign.ended_at ?? campaign.updated_at) < JUST_OVER_MS ? 4_000 : 30_000,
    queryFn: async ({ signal }) => {
      const found = await call(listCampaignPerformance({ query: { campaign: campaign.id, from, to }, signal }))
      return typeof found === 'string' ? null : found.items[0] ?? null
    },
  })
  const run = campaign.run
  const counts = report.data
  const remaining = campaign.remaining
  return (
    <Stack>
      {!run && (campaign.state === 'draft'
        ? <Text>{t('It is a draft: nothing has been sent. Check what it says, then launch it.')}</Text> : <Text>{t('It has not started yet.')}</Text>)}
      {run && <RunCard run={run} />}
      {report.isLoading && <Bones />}
      {counts && (
        <>
          <Group align="stretch">
            <Figure label={t('Revenue')} value={minor(counts.revenue, counts.currency)} />
            <Figure label={t('Discounts given')} value={minor(counts.voucher_cost, counts.currency)} />
            <Figure label={t('Messages')} value={counts.message_cost == null ? '–' : minor(counts.message_cost, counts.currency)} />
            <Figure label={t('Revenue for each unit of cost')} value={counts.return_on_cost ?? '–'} hint={t('of orders with a voucher')} />
            <Figure label={t('Verdict')} value={t(verdictWords[counts.effect.verdict])} hint={t('against the held-out customers')} />
            <Figure label={t('Exposure')} value={minor(counts.exposure.committed + counts.exposure.firm, counts.currency)} hint={t('open: can still be accepted or redeemed')} />
          </Group>
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Card title={t('Funnel')}><Funnel counts={counts} /></Card>
            <Card title={t('Who got none, and why')}><Skips counts={counts} /></Card>
          </SimpleGrid>
          <Grid>
            <Grid.Col span={{ base: 12, md: 7 }}><EffectCard effect={counts.effect} currency={counts.currency} /></Grid.Col>
            <Grid.Col span={{ base: 12, md: 5 }}><ExposureCard exposure={counts.exposure} currency={counts.currency} /></Grid.Col>
          </Grid>
        </>
      )}
      {remaining && (remaining.vouchers != null || remaining.exposure != null || remaining.redeemed != null) && (
        <Card title={t('Left under the caps')}>
          <Group>
            {remaining.vouchers != null && <Figure label={t('Vouchers')} value={number(remaining.vouchers)} />}
            {remaining.exposure != null && campaign.caps.exposure && <Figure label={t('Exposure')} value={minor(remaining.exposure, campaign.caps.exposure.currency)} />}
            {remaining.redeemed != null && campaign.caps.redeemed && <Figure label={t('Redeemed amount')} value={minor(remaining.redeemed, campaign.caps.redeemed.currency)} />}
          </Group>
        </Card>
      )}
      {campaign.kind === 'autopilot' && <Suspense fallback={<Bones />}><ReplayCard campaign={campaign} /></Suspense>}
    </Stack>
  )
}

function RunCard({ run }: { run: RunView }) {
  const { t, number } = useWords()
  const done = run.segments > 0 ? (run.segments_done / run.segments) * 100 : 0
  const terms: [string, number][] = [[t('issued'), run.issued], [t('held out'), run.ghost], [t('skipped'), run.skipped], [t('waiting'), run.waiting], [t('failed'), run.failed]]
  return (
    <Card title={t('Nobody lost, nobody twice')} actions={(
      <Badge variant="light" color={run.equation_closed ? 'pine' : 'yellow'} tt="none">{run.equation_closed ? t('the numbers add up') : t('still moving')}</Badge>
    )}>
      {run.state === 'selecting' && (
        <Stack gap={4}><Text size="sm">{t('Choosing customers: {done} of {all} parts done', { done: number(run.segments_done), all: number(run.segments) })}</Text>
          <Progress value={done} aria-label={t('Choosing customers')} /></Stack>
      )}
      <Group gap="xs" align="baseline">
        <Text><b>{number(run.selected)}</b> {t('selected')}</Text><Text aria-hidden>=</Text>
        {terms.map(([name, value], place) => <Text key={name}>{place > 0 ? '+ ' : ''}<b>{number(value)}</b> {name}</Text>)}
      </Group>
      {run.unreadable > 0 && <Text c="var(--mantine-color-error)">{t('Records that could not be read: {n}', { n: number(run.unreadable) })}</Text>}
    </Card>
  )
}

export function Funnel({ counts }: { counts: CampaignPerformance | { issued: number; sent: number; delivered: number; accepted: number; redeemed: number } }) {
  const { t, number, percent } = useWords()
  const stages: [string, number][] = [[t('Issued'), counts.issued], [t('Sent'), counts.sent], [t('Delivered'), counts.delivered], [t('Accepted'), counts.accepted], [t('Redeemed'), counts.redeemed]]
  const most = Math.max(1, counts.issued)
  return (
    <Table withRowBorders={false} verticalSpacing={4}>
      <Table.Thead><Table.Tr><Table.Th>{t('Stage')}</Table.Th><Table.Th w="45%"><span className="sr">{t('Share')}</span></Table.Th><Table.Th className="number">{t('Vouchers')}</Table.Th><Table.Th className="number">{t('of issued')}</Table.Th></Table.Tr></Table.Thead>
      <Table.Tbody>
        {stages.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={500}>{name}</Table.Th>
            <Table.Td><div className="bar-track" aria-hidden><div className="bar" style={{ width: `${Math.min(100, (value / most) * 100)}%` }} /></div></Table.Td>
            <Table.Td className="number">{number(value)}</Table.Td><Table.Td className="number">{percent(value, counts.issued)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function ExposureCard({ exposure, currency }: { exposure: CampaignPerformance['exposure']; currency: string }) {
  const { t, minor, number } = useWords()
  const rows: [string, string, number][] = [[t('Committed'), t('issued, can still be accepted'), exposure.committed], [t('Firm'), t('accepted, can still be redeemed'), exposure.firm], [t('Spent'), t('redeemed'), exposure.spent], [t('Released'), t('declined, run out or taken back'), exposure.released]]
  return (
    <Card title={t('Exposure: the most it can cost')}>
      <Table verticalSpacing={4}><Table.Tbody>{rows.map(([name, says, amount]) => (
        <Table.Tr key={name}><Table.Th scope="row" fw={500}>{name}<Text size="xs" c="dimmed">{says}</Text></Table.Th><Table.Td className="number">{minor(amount, currency)}</Table.Td></Table.Tr>
      ))}</Table.Tbody></Table>
      <Text size="sm">{exposure.forecast ? t('Of what is open about {cost} will be spent, by {n} redemptions.', { cost: minor(exposure.forecast.cost, currency), n: number(exposure.forecast.redemptions) }) : t('There are too few redemptions for a forecast.')}</Text>
    </Card>
  )
}

function Skips({ counts }: { counts: CampaignPerformance }) {
  const { t, number } = useWords()
  const rows: [string, number][] = [...Object.entries(counts.skips).map(([reason, n]): [string, number] => [t(skipWords[reason] ?? reason), n]),
    [t('held out, to measure what the campaign causes'), counts.ghost]]
  return (
    <Table verticalSpacing={4}><Table.Tbody>{rows.filter(([, n]) => n > 0).toSorted((one, other) => other[1] - one[1]).map(([reason, n]) => (
      <Table.Tr key={reason}><Table.Th scope="row" fw={500}>{reason}</Table.Th><Table.Td className="number">{number(n)}</Table.Td></Table.Tr>
    ))}</Table.Tbody></Table>
  )
}

function Vouchers({ id }: { id: string }) {
  const { t, money } = useWords()
  const filters = useFilters()
  const status = (Object.keys(statusWords) as Status[]).find((one) => one === filters.text('status'))
  const query = useVouchers(id, status, filters.cursors.at(-1))
  return (
    <Stack>
      <Select label={t('Status')} w={200} value={status ?? ''} allowDeselect={false} onChange={(value) => filters.set({ status: value ?? undefined })}
        data={[{ value: '', label: t('All') }, ...Object.entries(statusWords).map(([value, label]) => ({ value, label: t(label) }))]} />
      <Answer query={query}>{(data) => data.items.length === 0 && !data.next_cursor ? <Text>{t('Nobody is here yet.')}</Text> : (
        <>
          <div className="scroll sheet" role="region" aria-label={t('Vouchers')} tabIndex={0}>
            <Table miw={760}>
              <Table.Thead><Table.Tr><Table.Th>{t('Customer')}</Table.Th><Table.Th>{t('Status')}</Table.Th><Table.Th>{t('Issued')}</Table.Th><Table.Th>{t('Delivered')}</Table.Th>
                <Table.Th>{t('Accepted')}</Table.Th><Table.Th>{t('Redeemed')}</Table.Th><Table.Th className="number">{t('Discount')}</Table.Th><Table.Th className="number">{t('Revenue')}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>{data.items.map((voucher) => (
                <Table.Tr key={voucher.voucher_id}>
                  <Table.Td className="wrap"><Anchor component={Link} to="/configuration/voucher-campaign/diagnostics" search={asks({ customer: voucher.customer_id, campaign: id })} size="sm"><span dir="auto">{voucher.customer_id}</span></Anchor></Table.Td>
                  <Table.Td>{t(statusWords[voucher.status])}{voucher.skip_reason ? `: ${t(skipWords[voucher.skip_reason] ?? voucher.skip_reason)}` : ''}</Table.Td>
                  <Table.Td><When at={voucher.issued_at} /></Table.Td><Table.Td><When at={voucher.delivered_at} /></Table.Td>
                  <Table.Td><When at={voucher.accepted_at} /></Table.Td><Table.Td><When at={voucher.redeemed_at} /></Table.Td>
                  <Table.Td className="number">{money(voucher.discount)}</Table.Td><Table.Td className="number">{money(voucher.revenue)}</Table.Td>
                </Table.Tr>
              ))}</Table.Tbody>
            </Table>
          </div>
          <Pager cursors={filters.cursors} next={data.next_cursor} go={filters.turn} />
        </>
      )}</Answer>
    </Stack>
  )
}

function History({ id }: { id: string }) {
  const { t } = useWords()
  const query = useAudit(id)
  return (
    <Answer query={query}>{(data) => (
      <div className="scroll sheet" role="region" aria-label={t('History')} tabIndex={0}>
        <Table miw={560}>
          <Table.Thead><Table.Tr><Table.Th>{t('When')}</Table.Th><Table.Th>{t('Who')}</Table.Th><Table.Th>{t('What')}</Table.Th><Table.Th>{t('State')}</Table.Th><Table.Th>{t('Note')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{data.items.map((entry) => (
            <Table.Tr key={`${entry.at} ${entry.version} ${entry.action}`}>
              <Table.Td><When at={entry.at} /></Table.Td><Table.Td className="wrap">{entry.actor}</Table.Td><Table.Td>{t(actionWords[entry.action] ?? entry.action)}</Table.Td>
              <Table.Td>{entry.after && entry.after !== entry.before ? t(stateWords[entry.after]) : '–'}</Table.Td><Table.Td className="wrap"><bdi lang="en">{entry.note}</bdi><Changes changes={entry.changes} /></Table.Td>
            </Table.Tr>
          ))}</Table.Tbody>
        </Table>
      </div>
    )}</Answer>
  )
}

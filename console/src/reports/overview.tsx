// Reports > Overview: what came of all campaigns in a period, per kind and currency, against the period before, and day by day.
import { Anchor, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { readOverview, type DayTotal, type Overview, type Total } from '../client'
import { call } from '../app/api'
import { ChartCard } from '../app/chart'
import { useWords } from '../app/i18n'
import { Answer, Card, Empty, Figure, kindWords, Page as Frame } from '../app/parts'
import { Funnel } from '../campaigns/detail'
import { stageWords, verdict } from './funnel'
import { RangeBar, useAgainst, useRange } from './range'
import { BestAndWorst, Exposure } from './stakes'

function useOverview(before = false) {
  const range = useRange()
  const { from, to } = before ? range.before : range
  const query = { from, to, kind: range.kind, channel: range.channel, vertical: range.vertical }
  return useQuery({ queryKey: ['overview', query], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await call(readOverview({ query, signal }))) as Overview })
}

export function Page() {
  const { t } = useWords()
  const { from, to } = useRange()
  const query = useOverview()
  const earlier = useOverview(true)
  return (
    <Frame title={t('Overview')} intro={t('What the campaigns gave, what was taken up, and what came back.')}>
      <RangeBar path="overview" by={['kind', 'channel', 'vertical']} />
      <Answer query={query}>{(report) => report.totals.length === 0 ? <Empty title={t('Nothing in this period')}>{t('Launch a promotion or enable an autopilot, or choose a longer period.')}</Empty> : (
        <>
          {report.totals.map((total) => <Totals key={total.kind + total.currency} total={total} before={earlier.data?.totals.find((one) => one.kind === total.kind && one.currency === total.currency)} />)}
          <Exposure totals={report.exposure} />
          <BestAndWorst ranking={report.ranking} />
          <Trend days={report.days} from={from} to={to} />
          <Text size="sm" c="dimmed">{t('Days are those of {zone}.', { zone: report.zone })}</Text>
        </>
      )}</Answer>
    </Frame>
  )
}

function Totals({ total, before }: { total: Total; before: Total | undefined }) {
  const { t, minor, number } = useWords()
  const cost = total.discount + (total.message_cost ?? 0)
  const { against } = useAgainst()
  return (
    <Card title={`${t(kindWords[total.kind])} · ${total.currency}`}>
      <Group align="stretch">
        <Figure label={t('Revenue')} value={minor(total.revenue, total.currency)} hint={against(total.revenue, before?.revenue)} />
        <Figure label={t('Cost')} value={minor(cost, total.currency)} hint={against(cost, before && before.discount + (before.message_cost ?? 0))} />
        <Figure label={t('Issued')} value={number(total.issued)} hint={against(total.issued, before?.issued)} />
        <Figure label={t('Redeemed')} value={number(total.redeemed)} hint={against(total.redeemed, before?.redeemed)} />
        <Figure label={t('Exposure')} value={minor(total.exposure, total.currency)} />
      </Group>
      <SimpleGrid cols={{ base: 1, md: 2 }}><Funnel counts={total} /><InShort total={total} cost={cost} /></SimpleGrid>
    </Card>
  )
}

/** What it came to and where the funnel loses most, in words. */
function InShort({ total, cost }: { total: Total; cost: number }) {
  const { t, minor, number, percent, language } = useWords()
  const found = verdict(total)
  return (
    <Stack gap="xs">
      {total.redeemed > 0 && <Text>{t('{n} of {of} vouchers were redeemed, on orders worth {revenue}, for {cost}.', { n: number(total.redeemed), of: number(total.issued), revenue: minor(total.revenue, total.currency), cost: minor(cost, total.currency) })}</Text>}
      {found && <Text>{t(found.says)} {t('Of what was {stage}, {share} goes no further.', { share: percent(found.step.lost, found.step.of), stage: t(stageWords[found.step.before!]).toLocaleLowerCase(language) })}</Text>}
      <Text size="sm"><Anchor component={Link} to="/reports/voucher-campaigns/customer-engagement" size="sm">{t('Customer engagement')}</Anchor> · <Anchor component={Link} to="/reports/voucher-campaigns/campaign-perf" size="sm">{t('Campaign performance')}</Anchor></Text>
    </Stack>
  )
}

function Trend({ days, from, to }: { days: DayTotal[]; from: string; to: string }) {
  const { t, minor } = useWords()
  const add = (value: (day: DayTotal) => number, only?: string) => {
    const values: Record<string, number> = {}
    for (const day of days) if (!only || day.currency === only) values[day.day] = (values[day.day] ?? 0) + value(day)
    return values
  }
  const currencies = [...new Set(days.map(({ currency }) => currency))]
  return (
    <>
      <ChartCard title={t('Vouchers by day')} from={from} to={to} series={[{ name: t('Issued'), values: add(({ issued }) => issued), tone: 'light' }, { name: t('Accepted'), values: add(({ accepted }) => accepted), tone: 'dark' }, { name: t('Redeemed'), values: add(({ redeemed }) => redeemed), tone: 'deep' }]} />
      {currencies.map((currency) => <ChartCard key={currency} title={t('Revenue and cost by day, {currency}', { currency })} from={from} to={to} series={[
        { name: t('Revenue'), values: add(({ revenue }) => revenue, currency), tone: 'dark', show: (value) => minor(value, currency) },
        { name: t('Cost'), values: add(({ discount, message_cost }) => discount + (message_cost ?? 0), currency), tone: 'alarm', show: (value) => minor(value, currency) }]} />)}
    </>
  )
}

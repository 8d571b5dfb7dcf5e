// Shows Reports > Overview: totals of all campaigns by kind and currency, against the period
// before, and day by day.
import { Anchor, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { stackTime } from '../api/clock'
import { callApi } from '../api/requests'
import { useSession } from '../app/session'
import { kindLabels } from '../campaign/labels'
import { type DayTotal, type OverviewReport, readOverview, type ReportTotal } from '../client'
import { ChartCard } from '../components/chart-card'
import { EmptyState } from '../components/empty-state'
import { KeyFigure } from '../components/key-figure'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { SectionCard } from '../components/section-card'
import { useLocale } from '../locales/i18n'
import { ExposureTotals } from './exposure-totals'
import {
  findLargestDropOff,
  MIN_SETTLED_VOUCHERS,
  settledVouchers,
  stageLabels,
} from './funnel-drop-off'
import { FunnelTable } from './funnel-table'
import { usePeriodComparison } from './period-comparison'
import { RankingCard } from './ranking-card'
import { ReportFilters } from './report-filters'
import { useReportPeriod } from './report-period'

function useOverviewReport(before = false) {
  const range = useReportPeriod()
  const { from, to } = before ? range.before : range
  const query = { from, to, kind: range.kind, channel: range.channel, vertical: range.vertical }
  return useQuery({
    queryKey: ['overview', query],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      (await callApi(readOverview({ query, signal }))) as OverviewReport,
  })
}

export function OverviewPage() {
  const { t } = useLocale()
  const { from, to } = useReportPeriod()
  const query = useOverviewReport()
  const earlier = useOverviewReport(true)
  return (
    <PageFrame
      title={t('Overview')}
      intro={t('Vouchers issued, redemptions, cost and revenue of all campaigns.')}
    >
      <ReportFilters path="overview" by={['kind', 'channel', 'vertical']} />
      <QueryResult query={query}>
        {(report) =>
          report.totals.length === 0 ? (
            <EmptyState title={t('Nothing in this period')}>
              {t('Launch a promotion or enable an autopilot, or choose a longer period.')}
            </EmptyState>
          ) : (
            <>
              <AllTotals report={report} before={earlier.data} />
              <ExposureTotals totals={report.exposure} />
              <RankingCard ranking={report.ranking} />
              <TrendCharts days={report.days} from={from} to={to} />
              <Text size="sm" c="dimmed">
                {t('Days are those of {zone}.', { zone: report.zone })}
              </Text>
            </>
          )
        }
      </QueryResult>
    </PageFrame>
  )
}

/** Shows the totals of the tenant's currency, and those of others when they are asked for. */
function AllTotals({
  report,
  before,
}: {
  report: OverviewReport
  before: OverviewReport | undefined
}) {
  const { plural } = useLocale()
  const { currency: own } = useSession()
  const main = report.totals.filter(({ currency }) => currency === own)
  const others = report.totals.filter(({ currency }) => currency !== own)
  const card = (total: ReportTotal) => (
    <TotalsCard
      key={total.kind + total.currency}
      total={total}
      days={report.days}
      before={before?.totals.find(
        (one) => one.kind === total.kind && one.currency === total.currency,
      )}
    />
  )
  if (main.length === 0) return <>{others.map(card)}</>
  return (
    <>
      {main.map(card)}
      {others.length > 0 && (
        <details>
          <summary>
            {plural(
              new Set(others.map(({ currency }) => currency)).size,
              '1 other currency',
              '{n} other currencies',
            )}
          </summary>
          <Stack mt="md">{others.map(card)}</Stack>
        </details>
      )}
    </>
  )
}

function TotalsCard({
  total,
  before,
  days,
}: {
  total: ReportTotal
  before: ReportTotal | undefined
  days: DayTotal[]
}) {
  const { t, minor, number } = useLocale()
  const cost = total.discount + (total.message_cost ?? 0)
  const { comparison } = usePeriodComparison()
  return (
    <SectionCard title={`${t(kindLabels[total.kind])} · ${total.currency}`}>
      <Group align="stretch">
        <KeyFigure
          label={t('Revenue')}
          value={minor(total.revenue, total.currency)}
          hint={comparison(total.revenue, before?.revenue)}
        />
        <KeyFigure
          label={t('Cost')}
          value={minor(cost, total.currency)}
          hint={comparison(cost, before && before.discount + (before.message_cost ?? 0))}
        />
        <KeyFigure
          label={t('Issued')}
          value={number(total.issued)}
          hint={comparison(total.issued, before?.issued)}
        />
        <KeyFigure
          label={t('Redeemed')}
          value={number(total.redeemed)}
          hint={comparison(total.redeemed, before?.redeemed)}
        />
        <KeyFigure label={t('Exposure')} value={minor(total.issued_exposure, total.currency)} />
      </Group>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <FunnelTable counts={total} />
        <TotalsSummary total={total} days={days} cost={cost} />
      </SimpleGrid>
    </SectionCard>
  )
}

/** Says in words what the campaigns brought, and where the funnel loses most. */
function TotalsSummary({
  total,
  days,
  cost,
}: {
  total: ReportTotal
  days: DayTotal[]
  cost: number
}) {
  const { t, minor, number, percent } = useLocale()
  const settled = settledVouchers(
    total.issued,
    days.filter(({ kind, currency }) => kind === total.kind && currency === total.currency),
    stackTime(),
  )
  const found = settled < MIN_SETTLED_VOUCHERS ? undefined : findLargestDropOff(total)
  return (
    <Stack gap="xs">
      {total.redeemed > total.issued ? (
        <Text>
          {t('{n} redemptions on orders worth {revenue}, for {cost}.', {
            n: number(total.redeemed),
            revenue: minor(total.revenue, total.currency),
            cost: minor(cost, total.currency),
          })}
        </Text>
      ) : (
        total.redeemed > 0 && (
          <Text>
            {t('{n} of {of} vouchers were redeemed, on orders worth {revenue}, for {cost}.', {
              n: number(total.redeemed),
              of: number(total.issued),
              revenue: minor(total.revenue, total.currency),
              cost: minor(cost, total.currency),
            })}
          </Text>
        )
      )}
      {found && (
        <Text>
          {t(found.says)}{' '}
          {t('{share} of vouchers at stage “{stage}” go no further.', {
            share: percent(found.step.lost, found.step.of),
            stage: t(stageLabels[found.step.before!]),
          })}
        </Text>
      )}
      <Text size="sm">
        <Anchor component={Link} to="/reports/voucher-campaigns/customer-engagement" size="sm">
          {t('Customer engagement')}
        </Anchor>{' '}
        ·{' '}
        <Anchor component={Link} to="/reports/voucher-campaigns/campaign-perf" size="sm">
          {t('Campaign performance')}
        </Anchor>
      </Text>
    </Stack>
  )
}

function TrendCharts({ days, from, to }: { days: DayTotal[]; from: string; to: string }) {
  const { t } = useLocale()
  const add = (value: (day: DayTotal) => number, only?: string) => {
    const values: Record<string, number> = {}
    for (const day of days)
      if (!only || day.currency === only) values[day.day] = (values[day.day] ?? 0) + value(day)
    return values
  }
  const currencies = [...new Set(days.map(({ currency }) => currency))]
  return (
    <>
      <ChartCard
        title={t('Vouchers by day')}
        from={from}
        to={to}
        series={[
          { name: t('Issued'), values: add(({ issued }) => issued), tone: 'light' },
          { name: t('Accepted'), values: add(({ accepted }) => accepted), tone: 'dark' },
          { name: t('Redeemed'), values: add(({ redeemed }) => redeemed), tone: 'deep' },
        ]}
      />
      {currencies.map((currency) => (
        <ChartCard
          key={currency}
          title={t('Revenue and cost by day, {currency}', { currency })}
          unit={currency}
          from={from}
          to={to}
          series={[
            {
              name: t('Revenue'),
              values: add(({ revenue }) => revenue, currency),
              tone: 'dark',
              currency,
            },
            {
              name: t('Cost'),
              values: add(({ discount, message_cost }) => discount + (message_cost ?? 0), currency),
              tone: 'alarm',
              currency,
            },
          ]}
        />
      ))}
    </>
  )
}

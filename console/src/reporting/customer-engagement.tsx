// Shows Reports > Customer engagement: the funnel with its losses, how long customers take,
// breakdowns by campaign, channel, vertical and day, and where campaigns lose customers.
import { Alert, Anchor, Group, SimpleGrid, Table, Tabs, Text } from '@mantine/core'
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { stackTime } from '../api/clock'
import { callApi } from '../api/requests'
import { listedCampaignQuery, NamedCampaign } from '../campaign/campaign-link'
import {
  type Channel,
  type DurationPercentiles,
  type EngagementReport,
  type EngagementRow,
  type EngagementFunnel,
  type RefusalRow,
  readCustomerEngagement,
} from '../client'
import { ChartCard } from '../components/chart-card'
import { EmptyState } from '../components/empty-state'
import { KeyFigure } from '../components/key-figure'
import { LoadingSkeleton } from '../components/loading'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { SectionCard } from '../components/section-card'
import { channelLabels } from '../delivery/labels'
import { isShare, msg, useLocale } from '../locales/i18n'
import { refusalLabels } from '../voucher/labels'
import {
  canBeJudged,
  dropOffAdvice,
  findLargestDropOff,
  funnelStages,
  funnelSteps,
  MIN_SETTLED_VOUCHERS,
  remarkAdvice,
  settledVouchers,
  shareOf,
  stageLabels,
  summarizeDurations,
} from './funnel-drop-off'
import { RepeatedStages } from './funnel-table'
import { usePeriodComparison } from './period-comparison'
import { ReportFilters } from './report-filters'
import { useReportPeriod } from './report-period'

type BreakdownKey = 'day' | 'channel' | 'campaign' | 'vertical'
const breakdownTabs: [BreakdownKey, string][] = [
  ['campaign', msg('By campaign')],
  ['channel', msg('By channel')],
  ['vertical', msg('By vertical')],
  ['day', msg('By day')],
]

function useEngagementReport(by: BreakdownKey, before = false) {
  const range = useReportPeriod()
  const { from, to } = before ? range.before : range
  const query = { from, to, by, kind: range.kind, channel: range.channel, vertical: range.vertical }
  return useQuery<EngagementReport>({
    queryKey: ['engagement', query],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      (await callApi(readCustomerEngagement({ query, signal }))) as EngagementReport,
  })
}

export function EngagementPage() {
  const { t } = useLocale()
  const { from, to, filters } = useReportPeriod()
  const by = breakdownTabs.find(([one]) => one === filters.text('by'))?.[0] ?? 'campaign'
  const days = useEngagementReport('day')
  const before = useEngagementReport('day', true)
  const rows = useEngagementReport(by)
  const campaigns = useEngagementReport('campaign')
  const column = (stage: 'issued' | 'accepted' | 'redeemed', report: EngagementReport) =>
    Object.fromEntries(report.rows.map((row) => [row.key, row[stage] ?? 0]))
  return (
    <PageFrame
      title={t('Customer engagement')}
      intro={t(
        'The funnel from issue to redemption: how long it takes, and where customers drop off.',
      )}
    >
      <ReportFilters
        path="customer-engagement"
        by={['kind', 'channel', 'vertical']}
        extra={{ by }}
      />
      <QueryResult query={days}>
        {(report) =>
          isEmptyFunnel(report.total) ? (
            <EmptyState title={t('Nothing in this period')}>
              {t('Launch a promotion or enable an autopilot, or choose a longer period.')}
            </EmptyState>
          ) : (
            <>
              <SimpleGrid cols={{ base: 1, md: 2 }}>
                <SummaryCard
                  total={report.total}
                  before={before.data?.total}
                  settled={settledVouchers(
                    report.total.issued ?? 0,
                    report.rows.map(({ key, issued }) => ({ day: key, issued })),
                    stackTime(),
                  )}
                />
                <TimesCard total={report.total} before={before.data?.total} />
              </SimpleGrid>
              <FunnelCard total={report.total} before={before.data?.total} />
              <DropOffCard rows={campaigns.data?.rows ?? []} />
              <RefusalsCard refusals={report.refusals} />
              <ChartCard
                title={t('Day by day')}
                from={from}
                to={to}
                note={t('Days are those of {zone}.', { zone: report.zone })}
                series={[
                  { name: t('Issued'), values: column('issued', report), tone: 'light' },
                  { name: t('Accepted'), values: column('accepted', report), tone: 'dark' },
                  { name: t('Redeemed'), values: column('redeemed', report), tone: 'deep' },
                ]}
              />
              <SectionCard>
                <Tabs
                  value={by}
                  onChange={(value) =>
                    filters.set({ by: value === 'campaign' ? undefined : (value ?? undefined) })
                  }
                  keepMounted={false}
                >
                  <Tabs.List className="no-print">
                    {breakdownTabs.map(([one, name]) => (
                      <Tabs.Tab key={one} value={one}>
                        {t(name)}
                      </Tabs.Tab>
                    ))}
                  </Tabs.List>
                  <Tabs.Panel value={by} pt="md">
                    <QueryResult query={rows}>
                      {(found) =>
                        rows.isPlaceholderData ? (
                          <LoadingSkeleton />
                        ) : (
                          <BreakdownTable by={by} rows={found.rows} />
                        )
                      }
                    </QueryResult>
                  </Tabs.Panel>
                </Tabs>
              </SectionCard>
            </>
          )
        }
      </QueryResult>
    </PageFrame>
  )
}

const isEmptyFunnel = (total: EngagementFunnel) => funnelStages.every((stage) => !total[stage])

function FunnelCard({
  total,
  before,
}: {
  total: EngagementFunnel
  before: EngagementFunnel | undefined
}) {
  const { t, number, percent } = useLocale()
  const { change } = usePeriodComparison()
  const most = Math.max(1, ...funnelStages.map((stage) => total[stage] ?? 0))
  const first = funnelSteps(total)[0]
  return (
    <SectionCard title={t('Funnel')}>
      <div className="scroll" role="group" aria-label={t('Funnel')} tabIndex={0}>
        <Table withRowBorders={false} verticalSpacing={6} miw={620}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('Stage')}</Table.Th>
              <Table.Th w="46%">
                <span className="sr">{t('Share')}</span>
              </Table.Th>
              <Table.Th className="number">{t('Vouchers')}</Table.Th>
              <Table.Th className="number">{t('vs. previous period')}</Table.Th>
              <Table.Th className="number">{t('Share of first stage')}</Table.Th>
              <Table.Th className="number">{t('Drop-off')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {funnelSteps(total).map(({ stage, count, before: previous, of, lost }) => (
              <Table.Tr key={stage}>
                <Table.Th scope="row" fw={500}>
                  {t(stageLabels[stage])}
                </Table.Th>
                <Table.Td>
                  <div className="bar-track" aria-hidden>
                    <div className="bar" style={{ width: `${(count / most) * 100}%` }} />
                  </div>
                </Table.Td>
                <Table.Td className="number">{number(count)}</Table.Td>
                <Table.Td className="number">
                  <Text
                    size="sm"
                    c="dimmed"
                    title={before ? number(before[stage] ?? 0) : undefined}
                  >
                    {change(count, before?.[stage]) ?? '–'}
                  </Text>
                </Table.Td>
                <Table.Td className="number">{percent(count, first?.count ?? 0)}</Table.Td>
                <Table.Td className="number">
                  {previous ? (
                    <>
                      {percent(lost, of)}
                      <Text size="xs" c="dimmed">
                        {number(lost)}
                      </Text>
                    </>
                  ) : (
                    '–'
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {first && most > first.count && <RepeatedStages />}
    </SectionCard>
  )
}

function SummaryCard({
  total,
  before,
  settled,
}: {
  total: EngagementFunnel
  before: EngagementFunnel | undefined
  /** How many of the vouchers are old enough to judge. */
  settled: number
}) {
  const { t, percent, number } = useLocale()
  const found = settled < MIN_SETTLED_VOUCHERS ? undefined : findLargestDropOff(total)
  const rate = (funnel: EngagementFunnel) =>
    funnel.issued && isShare(funnel.redeemed, funnel.issued)
      ? funnel.redeemed / funnel.issued
      : undefined
  const now = rate(total)
  const then = before && rate(before)
  return (
    <SectionCard title={t('In short')}>
      {now !== undefined && (
        <Text>
          {t('{n} of every 100 issued vouchers were redeemed.', {
            n: number(Math.round(now * 1000) / 10),
          })}{' '}
          {then !== undefined && before?.issued
            ? Math.abs(now - then) < 0.005
              ? t('The same as in the previous period.')
              : now > then
                ? t('Higher than in the previous period ({share}).', {
                    share: percent(before.redeemed, before.issued),
                  })
                : t('Lower than in the previous period ({share}).', {
                    share: percent(before.redeemed, before.issued),
                  })
            : null}
        </Text>
      )}
      {found ? (
        <Text>
          {t(found.says)}{' '}
          {t('{share} of vouchers at stage “{stage}” go no further.', {
            share: percent(found.step.lost, found.step.of),
            stage: t(stageLabels[found.step.before!]),
          })}
        </Text>
      ) : (
        <Text>
          {settled < MIN_SETTLED_VOUCHERS
            ? t('Too early to judge: this needs {n} vouchers that are at least a day old.', {
                n: number(MIN_SETTLED_VOUCHERS),
              })
            : t('Too few vouchers to show where customers drop off.')}
        </Text>
      )}
    </SectionCard>
  )
}

function TimesCard({
  total,
  before,
}: {
  total: EngagementFunnel
  before: EngagementFunnel | undefined
}) {
  const { t } = useLocale()
  return (
    <SectionCard title={t('How long customers take')}>
      <Group align="stretch">
        <TimeFigure
          label={t('Half accept within')}
          took={total.time_to_accept}
          then={before?.time_to_accept}
        />
        <TimeFigure
          label={t('Half redeem within')}
          took={total.time_to_redeem}
          then={before?.time_to_redeem}
        />
      </Group>
    </SectionCard>
  )
}

function TimeFigure({
  label,
  took,
  then,
}: {
  label: string
  took: DurationPercentiles | null | undefined
  then: DurationPercentiles | null | undefined
}) {
  const { t, duration } = useLocale()
  const found = summarizeDurations(took)
  const old = summarizeDurations(then)
  if (!found) return <KeyFigure label={label} value="–" hint={t('no numbers yet')} />
  return (
    <KeyFigure
      label={label}
      value={duration(found.half)}
      hint={`${t('95 of 100 within {time}', { time: duration(found.most) })}${old ? ` · ${t('previously: {time}', { time: duration(old.half) })}` : ''}`}
    />
  )
}

/** Returns the campaigns that can be judged, by the time and the vouchers that they have had. */
function useJudgedRows(rows: EngagementRow[]) {
  const facts = useQueries({
    queries: rows.map(({ key }) => listedCampaignQuery(key)),
  })
  return rows.filter(({ issued }, place) =>
    canBeJudged(issued ?? 0, facts[place]?.data?.launched_at, stackTime()),
  )
}

function DropOffCard({ rows }: { rows: EngagementRow[] }) {
  const { t, number, plural } = useLocale()
  const advised = rows.filter(({ leak, remark }) => leak || remark)
  const judged = useJudgedRows(advised)
  const leaking = judged.filter(({ leak }) => leak)
  const remarked = judged.filter(({ remark }) => remark)
  const early = advised.length - judged.length
  if (advised.length === 0) return null
  return (
    <SectionCard title={t('Where customers drop off')}>
      {leaking.map(({ key, name, leak }) => {
        const known = dropOffAdvice[leak!.leak]
        return (
          <Alert
            key={key}
            variant="outline"
            color="orange"
            title={<NamedCampaign id={key} name={name} />}
          >
            <Text fw={600}>{known ? t(known.title) : <span lang="en">{leak!.says}</span>}</Text>
            <Text size="sm">
              {shareOf(leak!.percent) !== undefined &&
                shareOf(leak!.others_percent) !== undefined &&
                t('{own}% reach this stage, compared with {others}% in your other campaigns.', {
                  own: number(shareOf(leak!.percent)!),
                  others: number(shareOf(leak!.others_percent)!),
                })}
            </Text>
            <Text size="sm">
              {known ? t(known.look) : <span lang="en">{leak!.next_step}</span>}
            </Text>
          </Alert>
        )
      })}
      {remarked.map(({ key, name, remark }) => {
        const known = remarkAdvice[remark!.remark]
        return (
          <Alert
            key={`remark ${key}`}
            variant="outline"
            color="gray"
            title={<NamedCampaign id={key} name={name} />}
          >
            <Text fw={600}>{known ? t(known.title) : <span lang="en">{remark!.says}</span>}</Text>
            <Text size="sm">
              {known ? t(known.look) : <span lang="en">{remark!.next_step}</span>}
            </Text>
          </Alert>
        )
      })}
      {early > 0 && (
        <Text size="sm" c="dimmed">
          {plural(early, '1 campaign is too new to judge.', '{n} campaigns are too new to judge.')}
        </Text>
      )}
    </SectionCard>
  )
}

function RefusalsCard({ refusals }: { refusals: RefusalRow[] }) {
  const { t, number } = useLocale()
  return (
    <SectionCard title={t('Refusals by reason')}>
      {refusals.length === 0 ? (
        <Text>{t('No use of a voucher was refused.')}</Text>
      ) : (
        <div className="scroll" role="group" aria-label={t('Refusals by reason')} tabIndex={0}>
          <Table miw={420} verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('Reason')}</Table.Th>
                <Table.Th className="number">{t('Refusals')}</Table.Th>
                <Table.Th className="number">{t('Vouchers')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {refusals.map(({ reason, refusals: count, vouchers }) => (
                <Table.Tr key={reason}>
                  <Table.Th scope="row" fw={500} className="wrap">
                    {t(refusalLabels[reason] ?? reason)}
                  </Table.Th>
                  <Table.Td className="number">{number(count)}</Table.Td>
                  <Table.Td className="number">{number(vouchers)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </SectionCard>
  )
}

function BreakdownTable({ by, rows }: { by: BreakdownKey; rows: EngagementRow[] }) {
  const { t, number, percent, duration, day } = useLocale()
  const names: Record<BreakdownKey, string> = {
    campaign: t('Campaign'),
    channel: t('Channel'),
    vertical: t('Vertical'),
    day: t('Day'),
  }
  const of = by === 'channel' ? 'sent' : 'issued'
  if (rows.length === 0) return <Text>{t('No numbers on these days.')}</Text>
  const name = (row: EngagementRow) =>
    by === 'campaign' ? (
      <NamedCampaign id={row.key} name={row.name} />
    ) : by === 'channel' ? (
      t(channelLabels[row.key as Channel] ?? row.key)
    ) : by === 'day' ? (
      day(row.key)
    ) : row.key === 'any' ? (
      t('everywhere')
    ) : (
      row.key
    )
  return (
    <>
      <div className="scroll" role="group" aria-label={names[by]} tabIndex={0}>
        <Table miw={940} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{names[by]}</Table.Th>
              {funnelStages
                .filter((stage) => by !== 'channel' || stage !== 'issued')
                .map((stage) => (
                  <Table.Th key={stage} className="number">
                    {t(stageLabels[stage])}
                  </Table.Th>
                ))}
              <Table.Th className="number">
                {by === 'channel' ? t('redeemed of sent') : t('redeemed of issued')}
              </Table.Th>
              <Table.Th className="number">{t('Half accept within')}</Table.Th>
              <Table.Th className="number">{t('Half redeem within')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.key}>
                <Table.Th scope="row" fw={500} className="wrap" miw={220} maw={320}>
                  {name(row)}
                </Table.Th>
                {funnelSteps(row).map(({ stage, count, before, of: previous, lost }) => (
                  <Table.Td key={stage} className="number">
                    {number(count)}
                    {before && previous > 0 && (
                      <Text size="xs" c="dimmed">
                        {lost > 0 ? <bdi dir="ltr">−{percent(lost, previous)}</bdi> : '–'}
                      </Text>
                    )}
                  </Table.Td>
                ))}
                <Table.Td className="number">{percent(row.redeemed, row[of] ?? 0)}</Table.Td>
                <Table.Td className="number">
                  {row.time_to_accept ? duration(row.time_to_accept.p50_ms) : '–'}
                </Table.Td>
                <Table.Td className="number">
                  {row.time_to_redeem ? duration(row.time_to_redeem.p50_ms) : '–'}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <Text size="sm" c="dimmed">
        {t('Below each number: the drop-off since the previous stage.')}{' '}
        {by === 'vertical' && t('A campaign that is good in several verticals counts in each.')}{' '}
        <Anchor component={Link} to="/reports/voucher-campaigns/campaign-perf" size="sm">
          {t('See campaign performance')}
        </Anchor>
      </Text>
    </>
  )
}

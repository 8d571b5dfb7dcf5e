// Shows Reports > Campaign performance: revenue against cost, campaign by campaign, with the
// channels of each.
import { Anchor, Badge, Select, Table, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Fragment } from 'react'
import { callApi } from '../api/requests'
import { stateLabels } from '../campaign/labels'
import { StateBadge } from '../campaign/state-badge'
import { listCampaignPerformance, type PerformanceReport, type CampaignState } from '../client'
import { CursorPager } from '../components/cursor-pager'
import { EmptyState } from '../components/empty-state'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { channelLabels } from '../delivery/labels'
import { useLocale } from '../locales/i18n'
import { useEstimateText } from './lift-card'
import { usePeriodComparison } from './period-comparison'
import { ReportFilters } from './report-filters'
import { useReportPeriod } from './report-period'
import { verdictColors, verdictLabels } from './verdict-labels'

export function CampaignPerformancePage() {
  const { t, number, minor, percent } = useLocale()
  const { from, to, kind, channel, vertical, before, filters } = useReportPeriod()
  const estimate = useEstimateText()
  const state = (Object.keys(stateLabels) as CampaignState[]).find(
    (one) => one === filters.text('state'),
  )
  const cursor = filters.cursors.at(-1)
  const query = useQuery({
    queryKey: ['performance', 'report', from, to, kind, channel, vertical, state, cursor],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      (await callApi(
        listCampaignPerformance({
          query: { from, to, kind, channel, vertical, state, cursor, limit: 25 },
          signal,
        }),
      )) as PerformanceReport,
  })
  const earlier = useQuery({
    queryKey: [
      'performance',
      'report',
      before.from,
      before.to,
      kind,
      channel,
      vertical,
      state,
      cursor,
    ],
    retry: false,
    queryFn: async ({ signal }) =>
      new Map(
        (
          (await callApi(
            listCampaignPerformance({
              query: { ...before, kind, channel, vertical, state, cursor, limit: 25 },
              signal,
            }),
          )) as PerformanceReport
        ).items.map((one) => [one.campaign_id, one]),
      ),
  })
  return (
    <PageFrame
      title={t('Campaign performance')}
      intro={t(
        'ROI compares revenue of orders with a voucher to cost. The verdict compares customers who got a voucher with the control group.',
      )}
    >
      <ReportFilters path="campaign-perf" by={['kind', 'channel', 'vertical']} extra={{ state }}>
        <Select
          label={t('State')}
          w={150}
          value={state ?? ''}
          allowDeselect={false}
          onChange={(value) => filters.set({ state: value ?? undefined })}
          data={[
            { value: '', label: t('All states') },
            ...Object.entries(stateLabels).map(([value, label]) => ({ value, label: t(label) })),
          ]}
        />
      </ReportFilters>
      <QueryResult query={query}>
        {(report) =>
          report.items.length === 0 && !report.next_cursor ? (
            <EmptyState title={t('Nothing in this period')}>
              {t('Launch a promotion or enable an autopilot, or choose a longer period.')}
            </EmptyState>
          ) : (
            <>
              <div
                className="scroll sheet"
                role="region"
                aria-label={t('Campaign performance')}
                tabIndex={0}
              >
                <Table miw={1050} horizontalSpacing={8}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('Name')}</Table.Th>
                      <Table.Th>{t('Verdict')}</Table.Th>
                      <Table.Th className="number">{t('Issued')}</Table.Th>
                      <Table.Th className="number">{t('Delivered')}</Table.Th>
                      <Table.Th className="number">{t('Link tapped')}</Table.Th>
                      <Table.Th className="number">{t('Accepted')}</Table.Th>
                      <Table.Th className="number">{t('Redeemed')}</Table.Th>
                      <Table.Th className="number">{t('Revenue')}</Table.Th>
                      <Table.Th className="number">{t('Discounts')}</Table.Th>
                      <Table.Th className="number">{t('Messages')}</Table.Th>
                      <Table.Th className="number">{t('ROI')}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {report.items.map((one) => (
                      <Fragment key={one.campaign_id}>
                        <Table.Tr>
                          <Table.Td miw={150} maw={260}>
                            <Anchor
                              component={Link}
                              className="row-link wrap"
                              to={`/marketing/${one.kind}/${one.campaign_id}`}
                              size="sm"
                            >
                              <span dir="auto">{one.name}</span>
                            </Anchor>
                            <div>
                              <StateBadge state={one.state} />
                            </div>
                          </Table.Td>
                          <Table.Td miw={130}>
                            <Badge
                              variant="light"
                              color={verdictColors[one.effect.verdict]}
                              tt="none"
                            >
                              {t(verdictLabels[one.effect.verdict])}
                            </Badge>
                            {estimate(one.effect.profit, one.currency) && (
                              <Text size="xs" c="dimmed">
                                {t(
                                  'incremental profit: {value}, {bounds}',
                                  estimate(one.effect.profit, one.currency)!,
                                )}
                              </Text>
                            )}
                          </Table.Td>
                          <Table.Td className="number">{number(one.issued)}</Table.Td>
                          <Table.Td className="number">{number(one.delivered)}</Table.Td>
                          <Table.Td className="number">{number(one.tapped)}</Table.Td>
                          <Table.Td className="number">{number(one.accepted)}</Table.Td>
                          <Table.Td className="number">
                            {number(one.redeemed)}
                            <Text size="xs" c="dimmed">
                              {percent(one.redeemed, one.issued)}
                            </Text>
                          </Table.Td>
                          <Table.Td className="number">
                            {minor(one.revenue, one.currency)}
                            <PeriodChange
                              now={one.revenue}
                              then={earlier.data?.get(one.campaign_id)?.revenue}
                            />
                          </Table.Td>
                          <Table.Td className="number">
                            {minor(one.voucher_cost, one.currency)}
                            <PeriodChange
                              now={one.voucher_cost}
                              then={earlier.data?.get(one.campaign_id)?.voucher_cost}
                            />
                          </Table.Td>
                          <Table.Td className="number">
                            {one.message_cost == null ? '–' : minor(one.message_cost, one.currency)}
                          </Table.Td>
                          <Table.Td className="number">{one.return_on_cost ?? '–'}</Table.Td>
                        </Table.Tr>
                        {Object.entries(one.channels ?? {}).map(([channel, counts]) => (
                          <Table.Tr key={channel} c="dimmed">
                            <Table.Td ps="xl" fz="sm">
                              {t(channelLabels[channel as keyof typeof channelLabels] ?? channel)}
                            </Table.Td>
                            <Table.Td fz="sm">
                              {t('Messages: {n}', { n: number(counts.messages) })}
                            </Table.Td>
                            <Table.Td className="number" fz="sm">
                              –
                            </Table.Td>
                            <Table.Td className="number" fz="sm">
                              {number(counts.delivered)}
                            </Table.Td>
                            <Table.Td className="number" fz="sm">
                              {number(counts.tapped)}
                            </Table.Td>
                            <Table.Td className="number" fz="sm">
                              {number(counts.accepted)}
                            </Table.Td>
                            <Table.Td className="number" fz="sm">
                              {number(counts.redeemed)}
                            </Table.Td>
                            <Table.Td colSpan={4} />
                          </Table.Tr>
                        ))}
                      </Fragment>
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
              <CursorPager
                cursors={filters.cursors}
                next={report.next_cursor}
                go={filters.setCursors}
              />
            </>
          )
        }
      </QueryResult>
    </PageFrame>
  )
}

/** Shows how a number changed against the period before, in words on hover. */
function PeriodChange({ now, then }: { now: number; then: number | undefined }) {
  const { change, comparison } = usePeriodComparison()
  const by = change(now, then)
  return by ? (
    <Text size="xs" c="dimmed" title={comparison(now, then)}>
      {by}
    </Text>
  ) : null
}

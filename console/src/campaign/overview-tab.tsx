// Shows how a campaign's run stands and what came of it: the reconciliation, key figures, funnel,
// skips, lift and exposure.
import { Anchor, Badge, Grid, Group, Progress, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { DAY_MS, isoDay, stackTime } from '../api/clock'
import { callApi } from '../api/requests'
import { searchParams } from '../app/search-params'
import {
  type Campaign,
  type CampaignKind,
  type CampaignPerformance,
  listCampaignPerformance,
  type RunView,
  type VoucherStatus,
} from '../client'
import { KeyFigure } from '../components/key-figure'
import { LoadingSkeleton } from '../components/loading'
import { SectionCard } from '../components/section-card'
import { useLocale } from '../locales/i18n'
import { ExposureCard } from '../reporting/exposure-card'
import { FunnelTable } from '../reporting/funnel-table'
import { helpTexts } from '../reporting/help-texts'
import { LiftCard } from '../reporting/lift-card'
import { VariantsCard } from '../reporting/variants-card'
import { verdictLabels } from '../reporting/verdict-labels'
import { skipLabels, statusLabels } from '../voucher/labels'
import { ACTIVE_STATES } from './campaign-queries'
import { DefinitionSummary } from './definition-summary'
import { isGoodwill } from './goodwill'

const RECENTLY_ENDED_MS = 600_000
const PredictionCard = lazy(() => import('../reporting/prediction-card'))
const RehearsalCard = lazy(() => import('../reporting/rehearsal-card'))
const ReplayCard = lazy(() => import('../reporting/replay-card'))

export function OverviewTab({ campaign }: { campaign: Campaign }) {
  const { t, minor, number } = useLocale()
  // The period starts a day earlier, since the report's days are those of the tenant's zone.
  const day = (at: string) => isoDay(Date.parse(at) - DAY_MS)
  const to = isoDay(stackTime())
  const earliest = isoDay(stackTime() - 365 * DAY_MS)
  const since = campaign.launched_at ? day(campaign.launched_at) : to
  const from = since > to ? to : since < earliest ? earliest : since
  const report = useQuery({
    queryKey: ['performance', 'one', campaign.id, from, to],
    enabled: Boolean(campaign.launched_at),
    // Customers still act after the sending is over, and the counters lag the ledger by seconds.
    refetchInterval:
      ACTIVE_STATES.includes(campaign.state) ||
      stackTime() - Date.parse(campaign.ended_at ?? campaign.updated_at) < RECENTLY_ENDED_MS
        ? 4_000
        : 30_000,
    queryFn: async ({ signal }) => {
      const found = await callApi(
        listCampaignPerformance({ query: { campaign: campaign.id, from, to }, signal }),
      )
      return typeof found === 'string' ? null : (found.items[0] ?? null)
    },
  })
  const run = campaign.run
  const counts = report.data
  const remaining = campaign.remaining
  return (
    <Stack>
      {!run &&
        (campaign.state === 'draft' ? (
          <>
            <Text>
              {t('This is a draft. Nothing has been sent. Review the setup, then launch it.')}
            </Text>
            <DefinitionSummary definition={campaign} />
          </>
        ) : (
          <Text>{t('This campaign has not started yet.')}</Text>
        ))}
      {campaign.kind === 'promotion' && !run && (
        <Suspense fallback={<LoadingSkeleton />}>
          <RehearsalCard campaign={campaign} />
        </Suspense>
      )}
      {run && <RunCard run={run} />}
      {campaign.kind === 'promotion' && run && (
        <Suspense fallback={null}>
          <PredictionCard campaign={campaign} active={ACTIVE_STATES.includes(campaign.state)} />
        </Suspense>
      )}
      {report.isLoading && <LoadingSkeleton />}
      {counts && (
        <>
          <Group align="stretch">
            <KeyFigure label={t('Revenue')} value={minor(counts.revenue, counts.currency)} />
            <KeyFigure
              label={t('Discounts given')}
              value={minor(counts.voucher_cost, counts.currency)}
            />
            <KeyFigure
              label={t('Messages')}
              value={
                counts.message_cost == null ? '–' : minor(counts.message_cost, counts.currency)
              }
            />
            <KeyFigure
              label={t('ROI (revenue per unit of cost)')}
              value={counts.return_on_cost ?? '–'}
              hint={t('of orders with a voucher')}
              help={t(helpTexts.returnOnCost)}
            />
            <KeyFigure
              label={t('Verdict')}
              value={t(verdictLabels[counts.effect.verdict])}
              hint={t('compared with the control group')}
              help={t(helpTexts.verdict)}
            />
            <KeyFigure
              label={t('Exposure')}
              value={minor(counts.exposure.committed + counts.exposure.firm, counts.currency)}
              hint={t('open vouchers that can still be redeemed')}
              help={t(helpTexts.exposure)}
            />
          </Group>
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <SectionCard title={t('Funnel')}>
              <FunnelTable counts={counts} />
              <StatusLinks id={campaign.id} kind={campaign.kind} />
            </SectionCard>
            <SectionCard title={t('Customers who got no voucher')}>
              <SkipTable id={campaign.id} kind={campaign.kind} counts={counts} />
            </SectionCard>
          </SimpleGrid>
          {counts.variants.length > 0 && (
            <VariantsCard variants={counts.variants} currency={counts.currency} />
          )}
          <Grid>
            <Grid.Col span={{ base: 12, md: 7 }}>
              <LiftCard
                effect={counts.effect}
                sides={counts.sample_ratio}
                currency={counts.currency}
              />
            </Grid.Col>
            <Grid.Col span={{ base: 12, md: 5 }}>
              <ExposureCard exposure={counts.exposure} currency={counts.currency} />
            </Grid.Col>
          </Grid>
        </>
      )}
      {remaining &&
        (remaining.vouchers != null ||
          remaining.exposure != null ||
          remaining.redeemed != null) && (
          <SectionCard title={t('Remaining under the limits')}>
            <Group>
              {remaining.vouchers != null && (
                <KeyFigure label={t('Vouchers')} value={number(remaining.vouchers)} />
              )}
              {remaining.exposure != null && campaign.caps.exposure && (
                <KeyFigure
                  label={t('Exposure')}
                  value={minor(remaining.exposure, campaign.caps.exposure.currency)}
                />
              )}
              {remaining.redeemed != null && campaign.caps.redeemed && (
                <KeyFigure
                  label={t('Redeemed amount')}
                  value={minor(remaining.redeemed, campaign.caps.redeemed.currency)}
                />
              )}
            </Group>
          </SectionCard>
        )}
      {campaign.kind === 'autopilot' && !isGoodwill(campaign) && (
        <Suspense fallback={<LoadingSkeleton />}>
          <ReplayCard campaign={campaign} />
        </Suspense>
      )}
    </Stack>
  )
}

function RunCard({ run }: { run: RunView }) {
  const { t, number } = useLocale()
  const done = run.segments > 0 ? (run.segments_done / run.segments) * 100 : 0
  const terms: [string, number][] = [
    [t('issued'), run.issued],
    [t('control group'), run.ghost],
    [t('skipped'), run.skipped],
    [t('waiting'), run.waiting],
    [t('failed'), run.failed],
  ]
  return (
    <SectionCard
      title={t('Delivery status')}
      help={t(helpTexts.delivery)}
      actions={
        <Badge variant="light" color={run.equation_closed ? 'pine' : 'yellow'} tt="none">
          {run.equation_closed ? t('All customers accounted for') : t('In progress')}
        </Badge>
      }
    >
      {run.state === 'selecting' && (
        <Stack gap={4}>
          <Text size="sm">
            {t('Selecting customers: {done} of {all} segments done', {
              done: number(run.segments_done),
              all: number(run.segments),
            })}
          </Text>
          <Progress value={done} aria-label={t('Selecting customers')} />
        </Stack>
      )}
      <Group gap="xs" align="baseline">
        <Text>
          <b>{number(run.selected)}</b> {t('selected')}
        </Text>
        <Text aria-hidden>=</Text>
        {terms.map(([name, value], place) => (
          <Text key={name}>
            {place > 0 ? '+ ' : ''}
            <b>{number(value)}</b> {name}
          </Text>
        ))}
      </Group>
      {run.unreadable > 0 && (
        <Text c="var(--mantine-color-error)">
          {t('Records that could not be read: {n}', { n: number(run.unreadable) })}
        </Text>
      )}
    </SectionCard>
  )
}

/** The statuses that vouchers have after a stage of the funnel, in its order. */
const linkedStatuses: VoucherStatus[] = ['issued', 'accepted', 'redeemed', 'expired', 'reversed']

/** Leads from the funnel to the vouchers themselves, by the status that they have now. */
function StatusLinks({ id, kind }: { id: string; kind: CampaignKind }) {
  const { t } = useLocale()
  return (
    <Group gap="sm" className="no-print">
      <Text size="sm" c="dimmed">
        {t('Vouchers by status:')}
      </Text>
      {linkedStatuses.map((status) => (
        <Anchor
          key={status}
          component={Link}
          to={`/marketing/${kind}/${id}`}
          search={searchParams({ tab: 'vouchers', status })}
          size="sm"
        >
          {t(statusLabels[status])}
        </Anchor>
      ))}
    </Group>
  )
}

/** Lists why customers got nothing, each reason with the way to these customers. */
function SkipTable({
  id,
  kind,
  counts,
}: {
  id: string
  kind: CampaignKind
  counts: CampaignPerformance
}) {
  const { t, number } = useLocale()
  const rows: { label: string; n: number; status: VoucherStatus; reason?: string }[] = [
    ...Object.entries(counts.skips).map(([reason, n]) => ({
      label: t(skipLabels[reason] ?? reason),
      n,
      status: 'skipped' as const,
      reason,
    })),
    {
      label: t('control group, to measure the campaign’s effect'),
      n: counts.ghost,
      status: 'ghost',
    },
  ]
  if (rows.every(({ n }) => n === 0)) return <Text>{t('Every selected customer got one.')}</Text>
  return (
    <Table verticalSpacing={4}>
      <Table.Tbody>
        {rows
          .filter(({ n }) => n > 0)
          .toSorted((one, other) => other.n - one.n)
          .map(({ label, n, status, reason }) => (
            <Table.Tr key={label}>
              <Table.Th scope="row" fw={500}>
                <Anchor
                  component={Link}
                  to={`/marketing/${kind}/${id}`}
                  search={searchParams({ tab: 'vouchers', status, reason })}
                  size="sm"
                >
                  {label}
                </Anchor>
              </Table.Th>
              <Table.Td className="number">{number(n)}</Table.Td>
            </Table.Tr>
          ))}
      </Table.Tbody>
    </Table>
  )
}

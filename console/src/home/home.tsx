// Shows the home page: what needs a decision, what is live, what this week brought against the week
// before, and what comes next. Each part is its own request, and says honestly when it has nothing.
import { Anchor, Badge, Button, Group, List, SimpleGrid, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { DAY_MS } from '../api/clock'
import { searchParams } from '../app/search-params'
import { useSession } from '../app/session'
import type { CampaignHealth, OverviewReport } from '../client'
import { KeyFigure } from '../components/key-figure'
import { PageFrame } from '../components/page-frame'
import { QueryResult } from '../components/query-result'
import { RelativeTime } from '../components/relative-time'
import { SectionCard } from '../components/section-card'
import { useLocale } from '../locales/i18n'
import { healthColors, healthLabels } from '../operations/health-labels'
import { useSystemHealth } from '../reporting/system-alerts'
import { usePeriodComparison } from '../reporting/period-comparison'
import { DecisionItem } from './decision-item'
import { findDecisions, latestDrafts, startingNext } from './decisions'
import { useLiveCampaigns, useNewestCampaigns, useWaitingReplies, useWeek } from './home-queries'
import { weekTotal } from './week-total'

const SetupChecklist = lazy(() => import('./setup-checklist'))

const MAX_LIVE = 8
const MAX_NEXT = 3

export function HomePage() {
  const { t } = useLocale()
  const { mayChange } = useSession()
  return (
    <PageFrame
      title={t('Home')}
      intro={t('What is live, what needs a decision, and what this week brought.')}
      actions={
        mayChange && (
          <Group>
            <Button component={Link} to="/marketing/playbooks" variant="default">
              {t('From a playbook')}
            </Button>
            <Button component={Link} to="/marketing/promotion/new">
              {t('New promotion')}
            </Button>
          </Group>
        )
      }
    >
      <Suspense fallback={null}>
        <SetupChecklist />
      </Suspense>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Stack>
          <DecisionsCard />
          <LiveCard />
        </Stack>
        <Stack>
          <WeekCard />
          <NextCard />
        </Stack>
      </SimpleGrid>
    </PageFrame>
  )
}

function DecisionsCard() {
  const { t } = useLocale()
  const live = useLiveCampaigns()
  const newest = useNewestCampaigns()
  const system = useSystemHealth()
  const replies = useWaitingReplies()
  return (
    <SectionCard title={t('Needs a decision')}>
      <QueryResult query={live}>
        {(health) => {
          const decisions = findDecisions({
            system: system.data,
            health: health.items,
            campaigns: newest.data?.items,
            awaitingApproval: newest.data?.items.filter((one) => one.awaiting_approval),
            replies: replies.data,
          })
          const unread = [newest, system, replies].some(({ error }) => error)
          return (
            <>
              {decisions.length > 0 ? (
                <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: 'none' }}>
                  {decisions.map((decision) => (
                    <DecisionItem
                      key={
                        decision.kind +
                        ('campaign' in decision
                          ? 'campaign_id' in decision.campaign
                            ? decision.campaign.campaign_id
                            : decision.campaign.id
                          : '')
                      }
                      decision={decision}
                    />
                  ))}
                </Stack>
              ) : (
                !unread && (
                  <Text>
                    {t('Nothing needs a decision: no campaign is paused, failing or silent.')}
                  </Text>
                )
              )}
              {unread && (
                <Text role="status">
                  {t('Part of this list could not be loaded. Reload the page to try again.')}
                </Text>
              )}
              {health.next_cursor && (
                <Anchor component={Link} to="/configuration/voucher-campaign/health" size="sm">
                  {t('See the health of all campaigns')}
                </Anchor>
              )}
            </>
          )
        }}
      </QueryResult>
    </SectionCard>
  )
}

function WeekCard() {
  const { t } = useLocale()
  const week = useWeek()
  const before = useWeek(true)
  return (
    <SectionCard
      title={t('The last 7 days')}
      actions={
        <Anchor component={Link} to="/reports/voucher-campaigns/overview" size="sm">
          {t('Open the overview')}
        </Anchor>
      }
    >
      <QueryResult query={week}>
        {(report) => <WeekFigures report={report} before={before.data} />}
      </QueryResult>
    </SectionCard>
  )
}

function WeekFigures({
  report,
  before,
}: {
  report: OverviewReport
  before: OverviewReport | undefined
}) {
  const { t, minor, number, plural } = useLocale()
  const { currency } = useSession()
  const { comparison } = usePeriodComparison()
  const now = weekTotal(report.totals, currency)
  const then = before && weekTotal(before.totals, currency)
  if (report.totals.length === 0)
    return <Text>{t('No vouchers were issued or redeemed in the last 7 days.')}</Text>
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <KeyFigure
          label={t('Revenue')}
          value={minor(now.revenue, currency)}
          hint={comparison(now.revenue, then?.revenue)}
        />
        <KeyFigure
          label={t('Cost')}
          value={minor(now.cost, currency)}
          hint={comparison(now.cost, then?.cost)}
        />
        <KeyFigure
          label={t('Issued')}
          value={number(now.issued)}
          hint={comparison(now.issued, then?.issued)}
        />
        <KeyFigure
          label={t('Redeemed')}
          value={number(now.redeemed)}
          hint={comparison(now.redeemed, then?.redeemed)}
        />
      </SimpleGrid>
      <Text size="sm" c="dimmed">
        {t('Days are those of {zone}.', { zone: report.zone })}{' '}
        {now.otherCurrencies > 0 &&
          plural(
            now.otherCurrencies,
            '1 other currency is in the overview.',
            '{n} other currencies are in the overview.',
          )}
      </Text>
    </>
  )
}

function LiveCard() {
  const { t, plural, number } = useLocale()
  const live = useLiveCampaigns()
  return (
    <SectionCard title={t('Live now')}>
      <QueryResult query={live}>
        {({ items, next_cursor }) => {
          const active = items.filter(({ state }) => state === 'running' || state === 'enabled')
          if (active.length === 0) return <Text>{t('No campaign is live.')}</Text>
          return (
            <>
              <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: 'none' }}>
                {active.slice(0, MAX_LIVE).map((campaign) => (
                  <LiveItem key={campaign.campaign_id} campaign={campaign} />
                ))}
              </Stack>
              {(active.length > MAX_LIVE || next_cursor) && (
                <Anchor component={Link} to="/configuration/voucher-campaign/health" size="sm">
                  {next_cursor
                    ? t('More than {n} campaigns are live. See all', { n: number(active.length) })
                    : plural(
                        active.length,
                        '1 campaign is live. See it',
                        '{n} campaigns are live. See all',
                      )}
                </Anchor>
              )}
            </>
          )
        }}
      </QueryResult>
    </SectionCard>
  )
}

function LiveItem({ campaign }: { campaign: CampaignHealth }) {
  const { t, number } = useLocale()
  const { run, fired, waiting } = campaign
  const facts = [
    campaign.kind === 'promotion' &&
      run.selected > 0 &&
      t('{n} of {of} customers processed', {
        n: number(run.issued + run.ghost + run.skipped + run.failed),
        of: number(run.selected),
      }),
    fired &&
      t('{n} issued in {days} days', {
        n: number(fired.vouchers),
        days: number(Math.round((Date.parse(fired.until) - Date.parse(fired.from)) / DAY_MS) + 1),
      }),
    waiting > 0 && t('Scheduled for later: {n}', { n: number(waiting) }),
  ].filter(Boolean)
  return (
    <li>
      <Group gap="xs" justify="space-between">
        <Anchor
          component={Link}
          to={`/marketing/${campaign.kind}/${campaign.campaign_id}`}
          className="wrap"
        >
          <span dir="auto">{campaign.name}</span>
        </Anchor>
        <Badge variant="light" color={healthColors[campaign.health]} tt="none">
          {t(healthLabels[campaign.health])}
        </Badge>
      </Group>
      {facts.length > 0 && (
        <Text size="sm" c="dimmed">
          {facts.join(' · ')}
        </Text>
      )}
    </li>
  )
}

function NextCard() {
  const { t, plural, time } = useLocale()
  const { mayChange } = useSession()
  const newest = useNewestCampaigns()
  return (
    <SectionCard title={t('What comes next')}>
      <QueryResult query={newest}>
        {({ items }) => {
          const starting = startingNext(items)
          const drafts = latestDrafts(items)
          if (starting.length === 0 && drafts.length === 0)
            return (
              <Text>
                {mayChange
                  ? t(
                      'Nothing is planned. Start from a playbook: it creates a draft and sends nothing.',
                    )
                  : t('Nothing is planned.')}
              </Text>
            )
          return (
            <Stack gap="sm">
              {starting.length > 0 && (
                <div>
                  <Text fw={600}>{t('Starts next')}</Text>
                  <List listStyleType="none">
                    {starting.slice(0, MAX_NEXT).map((campaign) => (
                      <List.Item key={campaign.id}>
                        <Anchor
                          component={Link}
                          to={`/marketing/${campaign.kind}/${campaign.id}`}
                          className="wrap"
                        >
                          <span dir="auto">{campaign.name}</span>
                        </Anchor>{' '}
                        <Text span size="sm">
                          {time(campaign.starts_at!)}
                        </Text>
                      </List.Item>
                    ))}
                  </List>
                </div>
              )}
              {drafts.length > 0 && (
                <div>
                  <Text fw={600}>{t('Drafts to finish')}</Text>
                  <List listStyleType="none">
                    {drafts.slice(0, MAX_NEXT).map((campaign) => (
                      <List.Item key={campaign.id}>
                        <Anchor
                          component={Link}
                          to={`/marketing/${campaign.kind}/${campaign.id}`}
                          className="wrap"
                        >
                          <span dir="auto">{campaign.name}</span>
                        </Anchor>{' '}
                        <Text span size="sm" c="dimmed">
                          <RelativeTime at={campaign.updated_at} />
                        </Text>
                      </List.Item>
                    ))}
                  </List>
                  {drafts.length > MAX_NEXT && (
                    <Anchor
                      component={Link}
                      to="/marketing/promotion"
                      search={searchParams({ state: 'draft' })}
                      size="sm"
                    >
                      {plural(drafts.length, '1 draft', 'See all {n} drafts')}
                    </Anchor>
                  )}
                </div>
              )}
              <Anchor component={Link} to="/marketing/calendar" size="sm">
                {t('Open the calendar')}
              </Anchor>
            </Stack>
          )
        }}
      </QueryResult>
    </SectionCard>
  )
}

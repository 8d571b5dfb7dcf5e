// Shows Marketing > Autopilot: campaigns that stay on and fire on a customer's behaviour, with how
// often each fired in a week and how often it was expected to.
import { Badge, Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { DAY_MS } from '../api/clock'
import { useSession } from '../app/session'
import type { CampaignHealth, CampaignState } from '../client'
import { EmptyState } from '../components/empty-state'
import { PageFrame } from '../components/page-frame'
import { useLocale } from '../locales/i18n'
import { healthColors, healthLabels } from '../operations/health-labels'
import { readHealthPage } from '../operations/health-queries'
import { CampaignTable } from './campaign-table'

const autopilotStates: CampaignState[] = [
  'draft',
  'scheduled',
  'enabled',
  'paused',
  'ended',
  'failed',
  'archived',
]

/** The most active campaigns whose health the list shows. */
const HEALTH_LIMIT = 100

export function AutopilotPage() {
  const { t, number, day } = useLocale()
  const { mayChange } = useSession()
  const health = useQuery({
    queryKey: ['health', 'list'],
    queryFn: async ({ signal }) =>
      new Map(
        (await readHealthPage(HEALTH_LIMIT, undefined, signal)).items.map((one) => [
          one.campaign_id,
          one,
        ]),
      ),
  })
  const create = mayChange && (
    <Group>
      <Button component={Link} to="/marketing/playbooks" variant="default">
        {t('From a playbook')}
      </Button>
      <Button component={Link} to="/marketing/autopilot/new">
        {t('New autopilot')}
      </Button>
    </Group>
  )
  const expected = ({ expected: band }: CampaignHealth) =>
    band && (
      <Text size="xs" c="dimmed">
        {t('expected: {low} to {high}', { low: number(band.low), high: number(band.high) })}
      </Text>
    )
  const fired = (one: CampaignHealth | undefined) =>
    !one ? (
      '–'
    ) : (
      <div style={{ minWidth: 140 }}>
        {one.fired ? (
          <Text size="sm">
            {t('{n} in {days} days', {
              n: number(one.fired.matches),
              days: number(
                Math.round((Date.parse(one.fired.until) - Date.parse(one.fired.from)) / DAY_MS) + 1,
              ),
            })}
          </Text>
        ) : (
          <Text size="sm">{t('Collecting data (first 24 h)')}</Text>
        )}
        {one.last_active && (
          <Text size="xs">{t('last on {day}', { day: day(one.last_active) })}</Text>
        )}
        {expected(one)}
      </div>
    )
  return (
    <PageFrame
      title={t('Autopilot')}
      intro={t('Runs until you end it, and sends when a customer’s behaviour matches its trigger.')}
      actions={create}
    >
      <CampaignTable
        kind="autopilot"
        states={autopilotStates}
        columns={[
          { title: t('Triggered'), cell: ({ id }) => fired(health.data?.get(id)) },
          {
            title: t('Health'),
            cell: ({ id }) => {
              const one = health.data?.get(id)
              return one ? (
                <Badge variant="light" color={healthColors[one.health]} tt="none">
                  {t(healthLabels[one.health])}
                </Badge>
              ) : (
                '–'
              )
            },
          },
        ]}
        empty={
          <EmptyState title={t('No autopilot yet')} action={create}>
            {t(
              'An autopilot sends when something happens: no order for a month, a birthday, the fifth order. Start with the win-back.',
            )}
          </EmptyState>
        }
      />
    </PageFrame>
  )
}

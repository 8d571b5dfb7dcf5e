// Marketing > Autopilot: campaigns that stay on and fire when a customer's moment comes; what each fired in a week, and what was expected.
import { Badge, Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { CampaignHealth, State } from '../client'
import { useWords } from '../app/i18n'
import { Empty, Page as Frame } from '../app/parts'
import { useSession } from '../app/session'
import { CampaignTable } from '../campaigns/list'
import { healthPage } from '../operations/health-list'
import { healthColors, healthWords } from '../operations/health-words'

const states: State[] = ['draft', 'scheduled', 'enabled', 'paused', 'ended', 'failed', 'archived']

/** Campaigns that are on, whose health the list tells. */
const MOST = 100

export function Page() {
  const { t, number, day } = useWords()
  const { mayChange } = useSession()
  const health = useQuery({ queryKey: ['health', 'list'], queryFn: async ({ signal }) => new Map((await healthPage(MOST, undefined, signal)).items.map((one) => [one.campaign_id, one])) })
  const create = mayChange && <Group><Button component={Link} to="/marketing/playbooks" variant="default">{t('From a playbook')}</Button><Button component={Link} to="/marketing/autopilot/new">{t('New autopilot')}</Button></Group>
  const expected = ({ expected: band }: CampaignHealth) => band && <Text size="xs" c="dimmed">{t('expected {low} to {high}', { low: number(band.low), high: number(band.high) })}</Text>
  const fired = (one: CampaignHealth | undefined) => (!one ? '–' : (
    <div style={{ minWidth: 140 }}>
      {one.fired ? <Text size="sm">{t('{n} in {days} days', { n: number(one.fired.matches), days: number(Math.round((Date.parse(one.fired.until) - Date.parse(one.fired.from)) / 86_400_000) + 1) })}</Text> : <Text size="sm">{t('not on for a whole day yet')}</Text>}
      {one.last_active && <Text size="xs">{t('last on {day}', { day: day(one.last_active) })}</Text>}
      {expected(one)}
    </div>
  ))
  return (
    <Frame title={t('Autopilot')} intro={t('Stays on: fires for a customer when their moment comes, until you end it.')} actions={create}>
      <CampaignTable kind="autopilot" states={states} columns={[
        { title: t('Fired'), cell: ({ id }) => fired(health.data?.get(id)) },
        { title: t('Health'), cell: ({ id }) => { const one = health.data?.get(id); return one ? <Badge variant="light" color={healthColors[one.health]} tt="none">{t(healthWords[one.health])}</Badge> : '–' } },
      ]} empty={(
        <Empty title={t('No autopilot yet')} action={create}>
          {t('An autopilot waits for a moment in a customer’s life: no order for a month, a birthday, the fifth order. Start with the win-back.')}
        </Empty>
      )} />
    </Frame>
  )
}

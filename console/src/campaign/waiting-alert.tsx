// Says why customers of a campaign wait and until when: the next of its open matches, and whether quiet
// hours hold it back.
import { Alert, Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ApiSentence } from '../api/api-messages'
import { callApi } from '../api/requests'
import { searchParams } from '../app/search-params'
import {
  type Campaign,
  type ContactPolicyView,
  type Hours,
  listPendingTriggers,
  type PendingTrigger,
  readContactPolicy,
} from '../client'
import { channelLabels } from '../delivery/labels'
import { useLocale } from '../locales/i18n'
import { ACTIVE_STATES } from './campaign-queries'
import { timeOfDay } from './launch-numbers'
import { nextToWait } from './next-to-wait'

const REFRESH_MS = 15_000
const STALE_MS = 60_000
const LOOKED_AT = 25

/** Shows nothing while nobody waits. */
export function WaitingAlert({ campaign }: { campaign: Campaign }) {
  const { t, plural, timeIn } = useLocale()
  const waiting = campaign.run?.waiting ?? 0
  const isOn = ACTIVE_STATES.includes(campaign.state) || campaign.state === 'paused'
  const asked = isOn && (waiting > 0 || campaign.kind === 'autopilot')
  const pending = useQuery({
    queryKey: ['pending', 'of', campaign.id],
    enabled: asked,
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) =>
      callApi(listPendingTriggers({ query: { campaign: campaign.id, limit: LOOKED_AT }, signal })),
  })
  const policy = useQuery({
    queryKey: ['contact-policy'],
    enabled: asked,
    staleTime: STALE_MS,
    queryFn: async ({ signal }) =>
      (await callApi(readContactPolicy({ signal }))) as ContactPolicyView,
  })
  const next = nextToWait(pending.data?.items ?? [])
  if (!asked || !next || !policy.data) return null
  const zone = policy.data.tenant_zone
  const quiet = quietHoursOf(next, zone, policy.data.quiet_hours, campaign.schedule?.quiet_hours)
  return (
    <Alert
      color="blue"
      variant="outline"
      title={
        quiet
          ? t('Sending waits for quiet hours')
          : next.state === 'paused'
            ? t('Sending is paused')
            : t('Sending waits')
      }
    >
      <Text size="sm">
        {waiting > 0 && plural(waiting, '1 customer is waiting.', '{n} customers are waiting.')}{' '}
        {next.state !== 'paused' &&
          t('Next send: {time} ({zone}).', { time: timeIn(next.until, zone), zone })}{' '}
        {quiet && next.channel ? (
          t('{channel}: quiet hours from {from} to {to} in each customer’s time zone.', {
            channel: t(channelLabels[next.channel]),
            from: quiet.from,
            to: quiet.to,
          })
        ) : (
          <ApiSentence>{next.reason}</ApiSentence>
        )}
      </Text>
      <Anchor
        component={Link}
        to="/configuration/voucher-campaign/pending-triggers"
        search={searchParams({ campaign: campaign.id })}
        size="sm"
      >
        {t('See who is waiting')}
      </Anchor>
    </Alert>
  )
}

/** Returns the quiet hours that end when a match is due, of the tenant's and of the campaign's own. */
function quietHoursOf(
  { channel, until, state }: PendingTrigger,
  zone: string,
  ...quiet: (Record<string, Hours> | undefined)[]
): Hours | undefined {
  if (!channel || state !== 'waiting') return undefined
  const due = timeOfDay(Date.parse(until), zone)
  return quiet.map((hours) => hours?.[channel]).find((hours) => hours?.to.startsWith(due))
}

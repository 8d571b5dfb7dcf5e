// Reads the system's health, and shows its alerts with their next steps.
import { Anchor, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { callApi } from '../api/requests'
import { readSystemHealth, type SystemAlert, type SystemHealth, type SystemState } from '../client'
import { channelLabels } from '../delivery/labels'
import { msg, useLocale } from '../locales/i18n'

export const systemStateMessages: Record<
  SystemState,
  { title: string; says: string; color: string }
> = {
  ok: {
    title: msg('The system is healthy'),
    says: msg('Queues are processed, nothing has failed or stalled.'),
    color: 'pine',
  },
  attention: {
    title: msg('Action needed'),
    says: msg('Processing continues, but some jobs failed. See Failed jobs.'),
    color: 'orange',
  },
  failing: {
    title: msg('Something has stalled'),
    says: msg('A queue or a job has stalled. Nothing is lost, but customers are waiting.'),
    color: 'red',
  },
}
const systemCauseMessages: Record<string, { title: string; next: string }> = {
  lane_closed: {
    title: msg('Sending has stopped: {about}'),
    next: msg('Ask your system operator to fix the cause. Messages wait and are sent afterwards.'),
  },
  lane_waits: {
    title: msg('Sending pauses: {about}'),
    next: msg('Nothing to do: it resumes by itself.'),
  },
  daily_limit: {
    title: msg('Daily limit reached: {about}'),
    next: msg('Nothing to do: the other messages are sent from the next day on.'),
  },
  dead_letters: {
    title: msg('Jobs failed: {about}'),
    next: msg('See the reasons in Failed jobs, fix the cause, then retry them.'),
  },
  queue_not_emptied: {
    title: msg('A queue is stalled: {about}'),
    next: msg('Ask your system operator to check the function that reads it.'),
  },
  clock_missed: {
    title: msg('A timer has stalled: {about}'),
    next: msg(
      'Ask your system operator to check the rule that starts it, its queue with the failed jobs, and its log.',
    ),
  },
  reports_behind: {
    title: msg('Reports are delayed'),
    next: msg('Ask your system operator to check the log and the errors of aggregate-reports.'),
  },
  counter_drift: {
    title: msg('Report counters differ from the vouchers'),
    next: msg(
      'Look at the differences below the recount of system health, then repair the counters.',
    ),
  },
  sweep_not_running: {
    title: msg('A recovery job is not running: {about}'),
    next: msg('Ask your system operator to check its timer and the watchdog.'),
  },
}
export const workLabels: Record<string, string> = {
  matches: msg('matches of autopilots, due'),
  scanning: msg('choosing customers'),
  calendars: msg('calendars of autopilots'),
  ready_sms: msg('SMS to send'),
  ready_email: msg('E-mails to send'),
  ready_push: msg('Push messages to send'),
  released: msg('with a worker'),
  unknown: msg('without an answer of the provider'),
}

/** Names what an alert is about: work or a channel. */
const aboutLabels: Record<string, string> = { ...workLabels, ...channelLabels }

export const useSystemHealth = (
  query: {
    from?: string
    to?: string
    kind?: 'promotion' | 'autopilot'
    channel?: 'sms' | 'email' | 'push'
    vertical?: string
  } = {},
) =>
  useQuery<SystemHealth>({
    queryKey: ['system', query],
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
    queryFn: async ({ signal }) =>
      (await callApi(readSystemHealth({ query, signal }))) as SystemHealth,
  })

export function SystemAlertList({ alerts }: { alerts: SystemAlert[] }) {
  const { t } = useLocale()
  return alerts.map((alert) => {
    const known = systemCauseMessages[alert.cause]
    const about = t(aboutLabels[alert.about] ?? alert.about)
    return (
      <div key={alert.cause + alert.about}>
        <Text fw={600}>
          {known ? t(known.title, { about }) : <span lang="en">{alert.says}</span>}
        </Text>
        {known && (
          <Text size="sm" lang="en">
            <bdi>{alert.says}</bdi>
          </Text>
        )}
        <Text size="sm">
          <b>{t('Next:')}</b> {known ? t(known.next) : <span lang="en">{alert.next_step}</span>}{' '}
          {alert.cause === 'dead_letters' && (
            <Anchor component={Link} to="/configuration/voucher-campaign/dead-letters" size="sm">
              {t('Failed jobs')}
            </Anchor>
          )}
        </Text>
      </div>
    )
  })
}

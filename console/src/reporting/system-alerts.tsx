// Reads the system's health, and shows its alerts with their next steps.
import { Anchor, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { callApi } from '../api/requests'
import { readSystemHealth, type SystemAlert, type SystemHealth, type SystemState } from '../client'
import { msg, useLocale } from '../locales/i18n'

export const systemStateMessages: Record<
  SystemState,
  { title: string; says: string; color: string }
> = {
  ok: {
    title: msg('The system does its work'),
    says: msg('Queues are emptied, nothing was given up, nothing stands still.'),
    color: 'pine',
  },
  attention: {
    title: msg('Something waits for a person'),
    says: msg('Work goes on; some messages were given up and wait in dead letters.'),
    color: 'orange',
  },
  failing: {
    title: msg('Something stands still'),
    says: msg(
      'Work is not taken up, or a queue is not emptied. Nothing is lost, but customers wait.',
    ),
    color: 'red',
  },
}
const systemCauseMessages: Record<string, { title: string; next: string }> = {
  dead_letters: {
    title: msg('Messages were given up: {about}'),
    next: msg('Read their reasons in dead letters, mend the cause, then send them back.'),
  },
  queue_not_emptied: {
    title: msg('A queue is not emptied: {about}'),
    next: msg('Ask whoever operates the system to look at the function that reads it.'),
  },
  clock_missed: {
    title: msg('A clock stands still: {about}'),
    next: msg(
      'Ask whoever operates the system to look at the rule that wakes it, its queue with the dead letters, and its log.',
    ),
  },
  reports_behind: {
    title: msg('The reports are behind the vouchers'),
    next: msg(
      'Ask whoever operates the system to look at the log and the errors of aggregate-reports.',
    ),
  },
  counter_drift: {
    title: msg('Counters are not what the vouchers say'),
    next: msg(
      'Look at the differences below the recount of system health, then repair the counters.',
    ),
  },
  sweep_not_running: {
    title: msg('Work is not looked after: {about}'),
    next: msg('Ask whoever operates the system to look at its clock and at the sweep.'),
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
    const about = t(workLabels[alert.about] ?? alert.about)
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
              {t('Dead letters')}
            </Anchor>
          )}
        </Text>
      </div>
    )
  })
}

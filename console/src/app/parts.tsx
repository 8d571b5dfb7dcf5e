// Small pieces that every page uses: titles, states, times, empty lists, problems, pages of a list.
import { Alert, Badge, Button, Group, Loader, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Channel, Kind, State, Verdict } from '../client'
import { ApiProblem } from './api'
import { msg, useWords } from './i18n'

export const stateWords: Record<State, string> = {
  draft: msg('Draft'), scheduled: msg('Scheduled'), running: msg('Running'), enabled: msg('Enabled'), paused: msg('Paused'),
  completed: msg('Completed'), cancelled: msg('Cancelled'), ended: msg('Ended'), failed: msg('Failed'), archived: msg('Archived'),
}
const stateColors: Record<State, string> = {
  draft: 'gray', scheduled: 'blue', running: 'pine', enabled: 'pine', paused: 'yellow', completed: 'indigo', cancelled: 'red', ended: 'indigo',
  failed: 'red', archived: 'gray',
}
export const channelWords: Record<Channel, string> = { sms: msg('SMS'), email: msg('E-mail'), push: msg('Push') }
/** What the comparison with the held-out customers says. */
export const verdictWords: Record<Verdict, string> = { scale: msg('Do more of it'), keep: msg('Keep it'), retire: msg('Stop it'), not_enough_data: msg('Too early to say') }
export const kindWords: Record<Kind, string> = { promotion: msg('Promotion'), autopilot: msg('Autopilot') }

export function StateBadge({ state }: { state: State }) {
  const { t } = useWords()
  return <Badge variant="light" color={stateColors[state]} tt="none" miw="max-content">{t(stateWords[state])}</Badge>
}

export function Page({ title, intro, actions, children }: { title: string; intro?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <Stack gap="lg">
      <title>{title}</title>
      <Group justify="space-between" align="flex-start">
        <Stack gap={4} maw={720}>
          <Title order={1} size="h2" className="wrap">{title}</Title>
          {intro && <Text c="dimmed">{intro}</Text>}
        </Stack>
        <Group className="no-print">{actions}</Group>
      </Group>
      {children}
    </Stack>
  )
}

export function Card({ title, actions, children }: { title?: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title}>
      <Stack gap="sm">
        {title && <Group justify="space-between"><Title order={2} size="h4">{title}</Title>{actions}</Group>}
        {children}
      </Stack>
    </Paper>
  )
}

/** How long ago or until then; the exact time and zone on hover and for screen readers. */
export function When({ at }: { at: string | null | undefined }) {
  const { ago, time } = useWords()
  if (!at) return <>–</>
  return <time dateTime={at} title={time(at)}>{ago(at)}</time>
}

export function Waiting() {
  const { t } = useWords()
  return <Loader aria-label={t('Loading')} />
}

export function Bones({ lines = 6 }: { lines?: number }) {
  const { t } = useWords()
  return (
    <Stack gap="sm" role="status" aria-label={t('Loading')}>
      {Array.from({ length: lines }, (_, line) => <Skeleton key={line} height={28} radius="sm" />)}
    </Stack>
  )
}

export function Empty({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <Paper withBorder p="xl">
      <Stack align="flex-start" maw={560}>
        <Title order={2} size="h4">{title}</Title>
        <Text>{children}</Text>
        {action}
      </Stack>
    </Paper>
  )
}

const problemWords: Record<string, string> = {
  offline: msg('The API does not answer. What you typed is still here: try again in a moment.'),
  signed_out: msg('Your session has ended. Sign in again; what you typed is still here.'),
  forbidden: msg('Your group may not do this. Ask an administrator.'),
  not_allowed_in_state: msg('This is not possible in the campaign’s present state. Someone may have changed it meanwhile.'),
  precondition_failed: msg('Someone changed this since you opened it.'),
  campaign_unknown: msg('There is no such campaign. It may have been deleted.'),
  customer_unknown: msg('No customer has this id, and none with it got a voucher.'),
  invalid_customer_id: msg('This is not an id of a customer.'),
  customer_erased: msg('This customer was erased.'),
  pending_trigger_unknown: msg('It is no longer pending.'),
  endpoint_disabled: msg('The endpoint is switched off.'),
  too_many_endpoints: msg('There are as many endpoints as there can be.'),
  not_redrivable: msg('These are records of the stream and cannot be sent back.'),
  invalid_query: msg('A filter in the address is not understood.'),
  campaign_deleted: msg('This campaign was deleted.'),
  waits_for_its_hour: msg('It waits for its hour; there is nothing to retry yet.'),
  being_sent: msg('It is being sent at this moment.'),
  never_repeated: msg('An SMS without an answer is never sent twice.'),
  voucher_issued: msg('The voucher is issued already; the customer may see it in the app.'),
  no_longer_pending: msg('It is no longer pending.'),
  campaign_paused: msg('The campaign is paused.'),
  campaign_over: msg('The campaign is over.'),
  unavailable: msg('The service is busy. Try again in a moment.'),
  internal: msg('Something went wrong on our side.'),
  invalid_request: msg('Something in the form needs another look.'),
}

export function useProblemText() {
  const { t } = useWords()
  return (error: unknown) => {
    if (!(error instanceof ApiProblem)) return error instanceof Error ? error.message : String(error)
    const known = problemWords[error.code]
    return known ? t(known) : error.message || t('The API answered {status}.', { status: error.status })
  }
}

export function ProblemNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useWords()
  const text = useProblemText()
  const problem = error instanceof ApiProblem ? error : null
  return (
    <Alert color="red" variant="outline" title={t('This did not work')} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text>{text(error)}</Text>
        {problem && problem.message && problem.message !== text(error) && <Text size="sm" lang="en" dir="auto">{problem.message}</Text>}
        {problem?.requestId && <Text size="sm" c="dimmed">{t('Request {id}', { id: problem.requestId })}</Text>}
        {retry && <Button size="xs" variant="default" onClick={retry}>{t('Try again')}</Button>}
      </Stack>
    </Alert>
  )
}

/** The states a query can be in, once. */
export function Answer<T>({ query, children }: {
  query: { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown }
  children: (data: T) => ReactNode
}) {
  if (query.data !== undefined) return <>{query.error ? <ProblemNote error={query.error} retry={() => void query.refetch()} /> : null}{children(query.data)}</>
  if (query.error) return <ProblemNote error={query.error} retry={() => void query.refetch()} />
  return <Bones />
}

/** Previous and next of a list that the API pages by cursors: those passed are kept in the address. */
export function Pager({ cursors, next, go }: { cursors: string[]; next: string | null | undefined; go: (cursors: string[]) => void }) {
  const { t, number } = useWords()
  if (!next && cursors.length === 0) return null
  return (
    <Group className="no-print" component="nav" aria-label={t('Pages')}>
      <Button variant="default" disabled={cursors.length === 0} onClick={() => go(cursors.slice(0, -1))}>{t('Previous')}</Button>
      <Text size="sm">{t('Page {n}', { n: number(cursors.length + 1) })}</Text>
      <Button variant="default" disabled={!next} onClick={() => next && go([...cursors, next])}>{t('Next')}</Button>
    </Group>
  )
}

export function Figure({ label, value, hint }: { label: string; value: string; hint?: string }) {
  return (
    <Paper withBorder p="sm" miw={130} style={{ flex: '1 1 130px' }}>
      <Text size="sm" c="dimmed">{label}</Text>
      <Text size="xl" fw={650} style={{ fontVariantNumeric: 'tabular-nums' }}>{value}</Text>
      {hint && <Text size="xs" c="dimmed">{hint}</Text>}
    </Paper>
  )
}

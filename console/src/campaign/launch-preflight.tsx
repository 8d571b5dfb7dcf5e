// Shows, before a launch, what it leads to: whom it reaches, what that can cost, when messages may leave, what
// they say, and what an operator should look at first. A launch that reaches nobody has to be confirmed.
import { Alert, Anchor, Checkbox, Group, List, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { WarningMessage } from '../api/api-messages'
import { stackTime } from '../api/clock'
import { callApi } from '../api/requests'
import {
  type Campaign,
  type ContactPolicyView,
  type MessagePreview,
  type PreviewedMessage,
  previewMessages,
  readContactPolicy,
} from '../client'
import { KeyFigure } from '../components/key-figure'
import { LoadingSkeleton } from '../components/loading'
import { ProblemAlert } from '../components/problem-alert'
import { QueryResult } from '../components/query-result'
import { channelLabels } from '../delivery/labels'
import { useLocale } from '../locales/i18n'
import { languageName } from '../locales/language-name'
import { useCampaign } from './campaign-queries'
import { isGoodwill } from './goodwill'
import {
  dearestDiscount,
  expectedVouchers,
  holdingHours,
  LEAST_GROUP,
  smallestGroup,
  timeOfDay,
} from './launch-numbers'
import { ReadinessAlert } from './readiness-alert'
import { pickDefinition } from './wizard/definition'
import { untranslatedLocales } from './wizard/message-locales'
import { useAudiencePreview } from './wizard/use-audience-preview'
import { useMessageCost } from './wizard/use-message-cost'

const RehearsalCard = lazy(() => import('../reporting/rehearsal-card'))

const STALE_MS = 60_000
/** The most languages that one preview takes. */
const MAX_LOCALES = 10

export interface PreflightProps {
  id: string
  /** Says whether the launch may go on: what it reaches is known, or confirmed. */
  onClear: (clear: boolean) => void
}

export default function LaunchPreflight({ id, onClear }: PreflightProps) {
  const query = useCampaign(id)
  return (
    <QueryResult query={query}>
      {({ campaign }) => <Preflight campaign={campaign} onClear={onClear} />}
    </QueryResult>
  )
}

function Preflight({
  campaign,
  onClear,
}: { campaign: Campaign } & Pick<PreflightProps, 'onClear'>) {
  const counts = campaign.kind === 'promotion'
  useEffect(() => {
    if (!counts) onClear(true)
  }, [counts, onClear])
  return (
    <Stack gap="sm">
      <ReadinessAlert campaign={campaign} />
      {counts && <Reach campaign={campaign} onClear={onClear} />}
      {!isGoodwill(campaign) && <FirstMessages campaign={campaign} />}
      {!isGoodwill(campaign) && <WhatItSays campaign={campaign} />}
    </Stack>
  )
}

/** Counts whom a promotion reaches now, and what that costs. */
function Reach({ campaign, onClear }: { campaign: Campaign } & Pick<PreflightProps, 'onClear'>) {
  const { t, plural, number, minor } = useLocale()
  const definition = pickDefinition(campaign)
  const audience = useAudiencePreview(definition)
  const [confirmed, setConfirmed] = useState(false)
  const reachable = audience.data?.reachable.any
  const each = dearestDiscount(definition)
  const group = smallestGroup(definition, reachable ?? 0)
  const { vouchers } = expectedVouchers(definition, reachable ?? 0)
  const cost = useMessageCost(definition, audience.data, vouchers)
  // What cannot be counted at the moment holds nothing back: the API checks the launch itself.
  const clear = audience.isError || (reachable !== undefined && (reachable > 0 || confirmed))
  useEffect(() => onClear(clear), [clear, onClear])
  if (audience.error && !audience.data) return <ProblemAlert error={audience.error} />
  if (reachable === undefined) return <LoadingSkeleton lines={3} />
  if (reachable === 0)
    return (
      <Alert color="red" variant="outline" title={t('It reaches nobody now')}>
        <Stack gap="xs">
          <Text size="sm">
            {plural(
              audience.data?.matched ?? 0,
              '1 customer matches, and can’t be reached on its channels.',
              '{n} customers match, and none of them can be reached on its channels.',
            )}{' '}
            {t('A promotion selects its customers once, when it starts.')}
          </Text>
          <Checkbox
            label={t('Launch it although it reaches nobody')}
            checked={confirmed}
            onChange={({ currentTarget }) => setConfirmed(currentTarget.checked)}
          />
        </Stack>
      </Alert>
    )
  // Only a part was counted, which says nothing of what everybody can cost: the rehearsal does.
  if (!audience.data?.complete)
    return (
      <Suspense fallback={<LoadingSkeleton lines={3} />}>
        <RehearsalCard campaign={campaign} />
      </Suspense>
    )
  return (
    <>
      <Group gap="xs" align="stretch">
        <KeyFigure label={t('Reachable')} value={number(reachable)} />
        <KeyFigure label={t('Estimated vouchers')} value={number(vouchers)} />
        <KeyFigure
          label={t('Maximum exposure')}
          value={minor(vouchers * each.amount, each.currency)}
        />
        <KeyFigure label={t('Estimated message cost')} value={cost ?? '–'} />
      </Group>
      {group !== undefined && group < LEAST_GROUP && (
        <Alert color="yellow" variant="outline" title={t('Too few customers to measure')}>
          {plural(
            group,
            'The smallest group gets about 1 customer. Reports need at least 100 in each group.',
            'The smallest group gets about {n} customers. Reports need at least 100 in each group.',
          )}
        </Alert>
      )}
    </>
  )
}

/** Says when the first messages leave, and which channels quiet hours hold back at that time. */
function FirstMessages({ campaign: { schedule, channels, trigger } }: { campaign: Campaign }) {
  const { t, timeIn, number } = useLocale()
  const policy = useQuery({
    queryKey: ['contact-policy'],
    staleTime: STALE_MS,
    queryFn: async ({ signal }) =>
      (await callApi(readContactPolicy({ signal }))) as ContactPolicyView,
  })
  if (!policy.data) return null
  const { tenant_zone: zone, quiet_hours } = policy.data
  const starts = schedule?.starts_at ? Date.parse(schedule.starts_at) : 0
  const start = Math.max(starts, stackTime())
  const hour = schedule?.local_hour
  const held = channels.ladder.flatMap((channel) => {
    const hours = holdingHours(timeOfDay(start, zone), channel, quiet_hours, schedule?.quiet_hours)
    return hours ? [{ channel, hours }] : []
  })
  return (
    <div>
      <Text fw={600}>{t('First messages')}</Text>
      <Text size="sm">
        {trigger
          ? t('Each time its trigger applies to a customer.')
          : hour != null
            ? t('At {hour}:00 of each customer’s day.', { hour: number(hour) })
            : starts > stackTime()
              ? t('From {time} ({zone}).', { time: timeIn(schedule!.starts_at!, zone), zone })
              : held.length < channels.ladder.length && t('Within a minute.')}
      </Text>
      {!trigger &&
        hour == null &&
        held.map(({ channel, hours }) => (
          <Text key={channel} size="sm">
            {t('{channel}: quiet hours until {time} in {zone}. Messages wait until then.', {
              channel: t(channelLabels[channel]),
              time: hours.to,
              zone,
            })}
          </Text>
        ))}
    </div>
  )
}

/** Shows each message as it arrives, and what to look at before it does. */
function WhatItSays({ campaign }: { campaign: Campaign }) {
  const formatter = useLocale()
  const { t, plural } = formatter
  const definition = pickDefinition(campaign)
  const request = JSON.stringify({
    draft: definition,
    locales: Object.keys(definition.messages.locales).slice(0, MAX_LOCALES),
    channels: definition.channels.ladder,
  })
  const preview = useQuery<MessagePreview>({
    queryKey: ['message', request],
    staleTime: STALE_MS,
    queryFn: ({ signal }) =>
      callApi(previewMessages({ body: JSON.parse(request) as never, signal })),
  })
  if (preview.error) return <ProblemAlert error={preview.error} />
  if (!preview.data) return <LoadingSkeleton lines={2} />
  const { messages, warnings } = preview.data
  const codes = [...new Map(warnings.map((one) => [one.code, one])).values()]
  const copies = untranslatedLocales(definition.messages)
  const noLimit =
    campaign.kind === 'promotion' && !definition.caps?.vouchers && !definition.caps?.exposure
  const checks = codes.length + copies.length + Number(noLimit)
  return (
    <>
      <details>
        <summary>
          {plural(
            messages.length,
            '1 message as customers get it',
            '{n} messages as customers get them',
          )}
        </summary>
        <Stack gap="xs" mt="xs">
          {messages.map((message) => (
            <RenderedMessage key={message.locale + message.channel} message={message} />
          ))}
        </Stack>
      </details>
      {checks > 0 ? (
        <Alert color="yellow" variant="outline" title={t('Check before you launch')}>
          <List size="sm">
            {copies.map((locale) => (
              <List.Item key={locale}>
                {t('Not translated yet: {language}', { language: languageName(locale, formatter) })}
              </List.Item>
            ))}
            {noLimit && <List.Item>{t('Neither vouchers nor exposure have a limit.')}</List.Item>}
            {codes.map((warning) => (
              <List.Item key={warning.code}>
                <WarningMessage {...warning} />
              </List.Item>
            ))}
          </List>
        </Alert>
      ) : (
        <Text size="sm">{t('The messages have no warnings.')}</Text>
      )}
      <Text size="sm">
        {t('Not sure?')}{' '}
        <Anchor
          component={Link}
          to={`/marketing/${campaign.kind}/${campaign.id}/edit`}
          search={{ step: 'messages' } as never}
        >
          {t('Send yourself a test first')}
        </Anchor>
      </Text>
    </>
  )
}

function RenderedMessage({
  message: { locale, channel, sms, push, email },
}: {
  message: PreviewedMessage
}) {
  const formatter = useLocale()
  const texts = sms
    ? [sms.text]
    : push
      ? [push.title, push.body]
      : email
        ? [email.subject, email.text]
        : []
  return (
    <div>
      <Text size="sm" fw={600}>
        {formatter.t(channelLabels[channel])} · {languageName(locale, formatter)}
      </Text>
      {texts.map((text, place) => (
        <Text key={place} size="sm" className="wrap" dir="auto" style={{ whiteSpace: 'pre-line' }}>
          {text}
        </Text>
      ))}
    </div>
  )
}

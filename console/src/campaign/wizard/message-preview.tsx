// Shows a message as it arrives, on a phone or in a mail client. The API renders it while it is
// written, for any language, including those that have no message of their own, and for an example or a real
// customer.
import { Alert, Autocomplete, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { useFieldErrorAt, useFieldMessage, WarningMessage } from '../../api/api-messages'
import { ApiProblem, callApi } from '../../api/requests'
import {
  type Channel,
  type MessagePreview,
  type PreviewedEmail,
  type PreviewedMessage,
  type PreviewedPush,
  type PreviewedSms,
  previewMessages,
} from '../../client'
import { LoadingSkeleton } from '../../components/loading'
import { ProblemAlert } from '../../components/problem-alert'
import { SectionCard } from '../../components/section-card'
import { channelLabels } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { isGoodwill } from '../goodwill'
import { useDraft } from './campaign-draft'
import { useAudiencePreview } from './use-audience-preview'

const DEBOUNCE_MS = 600
const MAX_SAMPLE = 20
/** The width of a narrow phone. */
const PHONE_PX = 320
/** Where the messages of a draft are, or those of its reminder. */
export type MessagesPointer = '/messages' | '/reminder/messages'
export const LOCALE_PATTERN = /^[a-z]{2,3}(-[A-Z]{2})?$/

export function MessagePreviewCard({
  base,
  locale,
  channel,
}: {
  base: MessagesPointer
  locale: string
  channel: Channel
}) {
  const { t } = useLocale()
  const { definition, reportProblems } = useDraft()
  const fieldMessage = useFieldMessage()
  const [reader, setReader] = useState('')
  const [customer, setCustomer] = useState('')
  const ofReminder = base === '/reminder/messages'
  const messages = (ofReminder && definition.reminder?.messages) || definition.messages
  const requestedLocale = LOCALE_PATTERN.test(reader) ? reader : locale
  const [request] = useDebouncedValue(
    JSON.stringify({
      draft: { ...definition, messages, name: definition.name || undefined },
      // A customer reads the language of their profile, if no other is asked for.
      ...(customer
        ? { customer_id: customer, ...(reader ? { locales: [requestedLocale] } : {}) }
        : { locales: [requestedLocale] }),
      channels: [channel],
    }),
    DEBOUNCE_MS,
  )
  const preview = useQuery<MessagePreview>({
    queryKey: ['message', request],
    staleTime: 60_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      callApi(previewMessages({ body: JSON.parse(request) as never, signal })),
  })
  const customerError = useFieldErrorAt(preview.error)('/customer_id')
  const problem = preview.error instanceof ApiProblem ? preview.error : undefined
  const isUnknownCustomer = customer !== '' && problem?.status === 404
  const invalidFields =
    problem?.status === 422 && customerError === undefined ? problem.fields : undefined
  useEffect(
    () =>
      reportProblems(
        ofReminder ? 'reminder' : 'messages',
        (invalidFields ?? []).map((one) => ({
          ...one,
          field: one.field.replace(/^\/draft\/messages/, base).replace(/^\/draft/, ''),
        })),
      ),
    [invalidFields, reportProblems, ofReminder, base],
  )
  const message = invalidFields
    ? undefined
    : preview.data?.messages.find((one) => one.channel === channel)
  return (
    <SectionCard title={ofReminder ? t('Preview of the reminder') : t('Preview')}>
      <Group align="flex-start">
        <TextInput
          label={t('Preview language')}
          description={t('Leave blank for the language you are editing.')}
          placeholder={locale}
          w={180}
          value={reader}
          onChange={({ currentTarget }) => setReader(currentTarget.value.trim())}
        />
        <SampleCustomerInput
          value={customer}
          error={
            customerError ?? (isUnknownCustomer ? t('There is no customer with this id.') : '')
          }
          onChange={setCustomer}
        />
      </Group>
      <Stack aria-live="polite" aria-busy={preview.isFetching}>
        {invalidFields ? (
          <Text>
            {invalidFields[0]
              ? fieldMessage(invalidFields[0])
              : t('Complete the message to see it.')}
          </Text>
        ) : preview.error && !message && !isUnknownCustomer && !customerError ? (
          <ProblemAlert error={preview.error} retry={() => void preview.refetch()} />
        ) : message ? (
          <MessageView
            message={message}
            asked={customer && !reader ? (message.asked_locale ?? message.locale) : requestedLocale}
          />
        ) : preview.data ? (
          <Text>
            {t('There is no message for {channel} in this language yet.', {
              channel: t(channelLabels[channel]),
            })}
          </Text>
        ) : (
          !preview.error && <LoadingSkeleton lines={3} />
        )}
        {!invalidFields &&
          preview.data?.warnings.map((warning) => (
            <Alert key={warning.code + warning.field} color="yellow" variant="outline" p="xs">
              <WarningMessage {...warning} />
            </Alert>
          ))}
      </Stack>
    </SectionCard>
  )
}

/** Takes the customer as whom a message is shown, and offers some of the audience. */
function SampleCustomerInput({
  value,
  error,
  onChange,
}: {
  value: string
  error: string
  onChange: (id: string) => void
}) {
  const { t } = useLocale()
  const { definition } = useDraft()
  const audience = useAudiencePreview(definition, !isGoodwill(definition))
  return (
    <Autocomplete
      label={t('Preview as customer')}
      description={t('A customer id. Leave blank for an example customer.')}
      w={220}
      dir="ltr"
      value={value}
      error={error || undefined}
      data={(audience.data?.sample ?? []).map(({ customer_id }) => customer_id)}
      limit={MAX_SAMPLE}
      onChange={(next) => onChange(next.trim())}
    />
  )
}

function MessageView({ message, asked: request }: { message: PreviewedMessage; asked: string }) {
  const { t } = useLocale()
  const brand = message.variables.brand ?? ''
  return (
    <>
      {message.fallback !== 'none' && (
        <Alert variant="outline" color="blue" p="xs">
          {t('There is no message in {asked}: customers get it in {locale}.', {
            asked: request,
            locale: message.locale,
          })}
        </Alert>
      )}
      {message.sms && (
        <>
          <PhoneFrame head={brand}>
            <div className="bubble" dir="auto">
              {message.sms.text}
            </div>
          </PhoneFrame>
          <SmsSegments sms={message.sms} />
        </>
      )}
      {message.push && (
        <PhoneFrame>
          <div className="note" dir="auto">
            <div className="note-head">
              <span className="note-icon" aria-hidden>
                {brand.slice(0, 1)}
              </span>
              <span>{brand}</span>
              <span>{t('now')}</span>
            </div>
            <div>
              <b>{message.push.title}</b>
            </div>
            <div>{message.push.body}</div>
            {message.push.image && <img className="note-image" src={message.push.image} alt="" />}
          </div>
        </PhoneFrame>
      )}
      {message.push && <PushLinks push={message.push} />}
      {message.email && (
        <div className="mail-client">
          <div className="mail-row" dir="auto">
            <span className="mail-face" aria-hidden>
              {(message.email.from_name ?? brand).slice(0, 1)}
            </span>
            <div className="wrap">
              <b>{message.email.from_name ?? brand}</b>
              <div>
                <b>{message.email.subject}</b>
                {message.email.preheader && (
                  <Text span size="sm" c="dimmed">
                    {' '}
                    – {message.email.preheader}
                  </Text>
                )}
              </div>
            </div>
          </div>
          <Text size="xs" c="dimmed" className="wrap mail-from">
            {t('From')} <span dir="ltr">{message.email.from_address}</span>
          </Text>
          <EmailParts email={message.email} />
        </div>
      )}
    </>
  )
}

/** Shows where a tap on a push leads, if the campaign says so. */
function PushLinks({ push }: { push: PreviewedPush }) {
  const { t } = useLocale()
  return (
    <Stack gap={2}>
      {push.ios_link && (
        <Text size="sm" className="wrap">
          {t('iOS link')} <span dir="ltr">{push.ios_link}</span>
        </Text>
      )}
      {push.android_link && (
        <Text size="sm" className="wrap">
          {t('Android link')} <span dir="ltr">{push.android_link}</span>
        </Text>
      )}
    </Stack>
  )
}

/** Shows an e-mail in light or in dark mode, or its plain part. */
function EmailParts({ email }: { email: PreviewedEmail }) {
  const { t } = useLocale()
  const [view, setView] = useState('light')
  const [width, setWidth] = useState('desktop')
  return (
    <>
      <SegmentedControl
        size="xs"
        m="xs"
        value={view}
        onChange={setView}
        aria-label={t('View')}
        data={[
          { value: 'light', label: t('Light') },
          { value: 'dark', label: t('Dark') },
          { value: 'text', label: t('Plain text') },
        ]}
      />
      {view !== 'text' && (
        <SegmentedControl
          size="xs"
          mx="xs"
          value={width}
          onChange={setWidth}
          aria-label={t('Width')}
          data={[
            { value: 'desktop', label: t('Desktop') },
            { value: 'phone', label: t('Phone') },
          ]}
        />
      )}
      {view === 'text' ? (
        <pre className="mail-text" dir="auto" tabIndex={0}>
          {email.text}
        </pre>
      ) : (
        <iframe
          className="mail"
          sandbox=""
          // The e-mail asks for the colour scheme of the frame it is in.
          style={{ colorScheme: view, maxWidth: width === 'phone' ? PHONE_PX : undefined }}
          key={view}
          srcDoc={email.html}
          title={t('The e-mail')}
          tabIndex={0}
        />
      )}
    </>
  )
}

function PhoneFrame({ head, children }: { head?: string; children: ReactNode }) {
  return (
    <div className="phone">
      <div className="phone-bar" aria-hidden>
        <span>9:41</span>
        <span>▮▮▮</span>
      </div>
      {head && (
        <div className="phone-head">
          <span className="note-icon" aria-hidden>
            {head.slice(0, 1)}
          </span>
          {head}
        </div>
      )}
      {children}
    </div>
  )
}

/** Shows how many SMS segments the text takes, and how many letters are left until the next. */
function SmsSegments({ sms }: { sms: PreviewedSms }) {
  const { t, plural, number } = useLocale()
  // Segments of a longer text are shorter, since each carries its position.
  const room =
    sms.encoding === 'gsm7'
      ? sms.segments > 1
        ? 153 * sms.segments
        : 160
      : sms.segments > 1
        ? 67 * sms.segments
        : 70
  return (
    <Stack gap={2}>
      <Text size="sm" fw={600}>
        {plural(sms.characters, '1 character', '{n} characters')} ·{' '}
        {plural(sms.segments, '1 SMS segment each', '{n} SMS segments each')} ·{' '}
        {t('longest case: {n}', { n: number(sms.worst_case_segments) })}
      </Text>
      <Text size="sm">
        {plural(
          Math.max(0, room - sms.units),
          '1 character left in this segment',
          '{n} characters left in this segment',
        )}
      </Text>
      <Text size="sm" c="dimmed">
        {sms.encoding === 'gsm7'
          ? t('Standard alphabet: 160 characters per SMS')
          : t('Unicode: 70 characters per SMS')}
      </Text>
    </Stack>
  )
}

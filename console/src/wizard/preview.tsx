// A message as it arrives, asked of the API while it is written: on a phone, or in a mail client; for readers of each language, also of one that has no message.
import { Alert, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'
import { previewMessages, type Channel, type MessagePreview, type PreviewedMessage, type PreviewedSms } from '../client'
import { ApiProblem, call } from '../app/api'
import { useWords } from '../app/i18n'
import { Bones, Card, channelWords, ProblemNote } from '../app/parts'
import { useFieldText, WarningText } from '../app/said'
import { useDraft } from './draft'

const SETTLED_MS = 600
export const LOCALE = /^[a-z]{2,3}(-[A-Z]{2})?$/

export function Preview({ locale, channel }: { locale: string; channel: Channel }) {
  const { t } = useWords()
  const { definition, report } = useDraft()
  const say = useFieldText()
  const [reader, setReader] = useState('')
  const asks = LOCALE.test(reader) ? reader : locale
  const [asked] = useDebouncedValue(JSON.stringify({ draft: { ...definition, name: definition.name || undefined }, locales: [asks], channels: [channel] }), SETTLED_MS)
  const preview = useQuery<MessagePreview>({
    queryKey: ['message', asked], staleTime: 60_000, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => call(previewMessages({ body: JSON.parse(asked) as never, signal })),
  })
  const wrong = preview.error instanceof ApiProblem && preview.error.status === 422 ? preview.error.fields : undefined
  useEffect(() => report('messages', (wrong ?? []).map((problem) => ({ ...problem, field: problem.field.replace(/^\/draft/, '') }))), [wrong, report])
  const message = wrong ? undefined : preview.data?.messages.find((one) => one.channel === channel)
  return (
    <Card title={t('As it arrives')}>
      <TextInput label={t('Reader’s language')} description={t('Empty: the one being written.')} placeholder={locale} w={220} value={reader} onChange={({ currentTarget }) => setReader(currentTarget.value.trim())} />
      <Stack aria-live="polite" aria-busy={preview.isFetching}>
        {wrong ? <Text>{wrong[0] ? say(wrong[0]) : t('Complete the message to see it.')}</Text>
          : preview.error && !message ? <ProblemNote error={preview.error} retry={() => void preview.refetch()} />
            : message ? <Message message={message} asked={asks} />
              : preview.data ? <Text>{t('There is no message for {channel} in this language yet.', { channel: t(channelWords[channel]) })}</Text> : <Bones lines={3} />}
        {!wrong && preview.data?.warnings.map((warning) => <Alert key={warning.code + warning.field} color="yellow" variant="outline" p="xs"><WarningText {...warning} /></Alert>)}
      </Stack>
    </Card>
  )
}

function Message({ message, asked }: { message: PreviewedMessage; asked: string }) {
  const { t } = useWords()
  const brand = message.variables.brand ?? ''
  return (
    <>
      {message.fallback !== 'none' && <Alert variant="outline" color="blue" p="xs">{t('Nothing is written in {asked}: these readers get {locale}.', { asked, locale: message.locale })}</Alert>}
      {message.sms && <><Phone head={brand}><div className="bubble" dir="auto">{message.sms.text}</div></Phone><Segments sms={message.sms} /></>}
      {message.push && (
        <Phone>
          <div className="note" dir="auto">
            <div className="note-head"><span className="note-icon" aria-hidden>{brand.slice(0, 1)}</span><span>{brand}</span><span>{t('now')}</span></div>
            <div><b>{message.push.title}</b></div>
            <div>{message.push.body}</div>
          </div>
        </Phone>
      )}
      {message.email && (
        <div className="mail-client">
          <div className="mail-row" dir="auto">
            <span className="mail-face" aria-hidden>{(message.email.from_name ?? brand).slice(0, 1)}</span>
            <div className="wrap"><b>{message.email.from_name ?? brand}</b><div><b>{message.email.subject}</b>{message.email.preheader && <Text span size="sm" c="dimmed"> – {message.email.preheader}</Text>}</div></div>
          </div>
          <Text size="xs" c="dimmed" className="wrap mail-from">{t('From')} <span dir="ltr">{message.email.from_address}</span></Text>
          <iframe className="mail" sandbox="" srcDoc={message.email.html} title={t('The e-mail')} tabIndex={0} />
        </div>
      )}
    </>
  )
}

function Phone({ head, children }: { head?: string; children: ReactNode }) {
  return <div className="phone"><div className="phone-bar" aria-hidden><span>9:41</span><span>▮▮▮</span></div>{head && <div className="phone-head"><span className="note-icon" aria-hidden>{head.slice(0, 1)}</span>{head}</div>}{children}</div>
}

/** How many SMS it takes, and how close the next one is. */
function Segments({ sms }: { sms: PreviewedSms }) {
  const { t, number } = useWords()
  // a text of several is cut into shorter ones, since each tells its place
  const room = sms.encoding === 'gsm7' ? (sms.segments > 1 ? 153 * sms.segments : 160) : (sms.segments > 1 ? 67 * sms.segments : 70)
  return (
    <Stack gap={2}>
      <Text size="sm" fw={600}>{t('{n} characters, {segments} SMS each; at worst {worst}', { n: number(sms.characters), segments: number(sms.segments), worst: number(sms.worst_case_segments) })}</Text>
      <Text size="sm">{t('Room until the next SMS: {n}', { n: number(Math.max(0, room - sms.units)) })}</Text>
      <Text size="sm" c="dimmed">{sms.encoding === 'gsm7' ? t('plain letters: 160 in one SMS') : t('with special letters: 70 in one SMS')}</Text>
    </Stack>
  )
}

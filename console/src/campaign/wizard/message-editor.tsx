// Edits messages by language and channel, beside their preview: those of the campaign, or those of its
// reminder. Language and channel are in the address, so that a save or a reload keeps them.
import { Alert, Autocomplete, Button, Grid, Group, Select, Stack, Tabs, Text } from '@mantine/core'
import { useState } from 'react'
import { escapeToken } from '../../api/json-pointer'
import { textLimits } from '../../api/text-limits'
import { useFilters } from '../../app/search-params'
import type { Channel } from '../../client'
import { SectionCard } from '../../components/section-card'
import { channelLabels } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { languageName } from '../../locales/language-name'
import { useDraft } from './campaign-draft'
import { TextField } from './draft-fields'
import { EmailBody } from './email-body'
import { useKnownValues } from './known-values'
import { chosenLocale, isCopyOfDefault } from './message-locales'
import { LOCALE_PATTERN, MessagePreviewCard, type MessagesPointer } from './message-preview'
import { PictureAt } from './picture-at'
import { removeWithUndo } from './remove-with-undo'
import { SmsLetterFix } from './sms-letter-fix'
import { TagButtons } from './tag-buttons'
import { ValueOption } from './value-fields'

const filterNames: Record<MessagesPointer, { language: string; channel: string }> = {
  '/messages': { language: 'language', channel: 'channel' },
  '/reminder/messages': { language: 'reminder-language', channel: 'reminder-channel' },
}

export function MessageEditor({ base }: { base: MessagesPointer }) {
  const { t } = useLocale()
  const { definition, errorAt } = useDraft()
  const filters = useFilters()
  const names = filterNames[base]
  const { ladder } = definition.channels
  const messages = base === '/messages' ? definition.messages : definition.reminder?.messages
  if (!messages) return null
  const locale = chosenLocale(messages, filters.text(names.language))
  const channel = ladder.find((one) => one === filters.text(names.channel)) ?? ladder[0] ?? 'push'
  const at = `${base}/locales/${escapeToken(locale)}`
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 7 }}>
        <SectionCard title={base === '/messages' ? t('Messages') : t('Messages of the reminder')}>
          <LanguageChoice
            base={base}
            locale={locale}
            setLocale={(language) => filters.set({ [names.language]: language }, true)}
          />
          {errorAt(at) && (
            <Text c="var(--mantine-color-error)" size="sm">
              {errorAt(at)}
            </Text>
          )}
          {isCopyOfDefault(messages, locale) && (
            <Alert variant="outline" color="yellow" p="xs">
              {t('Not translated yet: these are the texts of the default language.')}
            </Alert>
          )}
          <Tabs
            value={channel}
            onChange={(next) => next && filters.set({ [names.channel]: next }, true)}
            keepMounted={false}
          >
            <Tabs.List>
              {ladder.map((one) => (
                <Tabs.Tab key={one} value={one}>
                  {t(channelLabels[one])}
                  {errorAt(`${at}/${one}`, true) ? ' !' : ''}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value={channel} pt="sm">
              <Stack>
                <ChannelTexts at={`${at}/${channel}`} channel={channel} />
                <TagButtons />
              </Stack>
            </Tabs.Panel>
          </Tabs>
        </SectionCard>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <MessagePreviewCard base={base} locale={locale} channel={channel} />
      </Grid.Col>
    </Grid>
  )
}

/** Chooses the language that is edited and the default one, adds one that customers have, and removes one. */
function LanguageChoice({
  base,
  locale,
  setLocale,
}: {
  base: MessagesPointer
  locale: string
  setLocale: (locale: string) => void
}) {
  const formatter = useLocale()
  const { t } = formatter
  const draft = useDraft()
  const { definition, get, set, errorAt } = draft
  const [added, setAdded] = useState('')
  const known = useKnownValues('locale', added)
  const messages = base === '/messages' ? definition.messages : definition.reminder?.messages
  if (!messages) return null
  const locales = Object.keys(messages.locales)
  const choices = locales.map((one) => ({ value: one, label: languageName(one, formatter) }))
  const add = () => {
    // A new language starts as a copy of the present one, to be translated.
    set(`${base}/locales/${escapeToken(added)}`, get(`${base}/locales/${escapeToken(locale)}`))
    setLocale(added)
    setAdded('')
  }
  const remove = () =>
    removeWithUndo(
      draft,
      t,
      () => {
        set(`${base}/locales/${escapeToken(locale)}`, undefined)
        setLocale(messages.default_locale)
      },
      () => setLocale(locale),
    )
  return (
    <Group align="flex-end">
      <Select
        label={t('Language')}
        value={locale}
        data={choices}
        allowDeselect={false}
        onChange={(next) => next && setLocale(next)}
        w={170}
      />
      <Select
        label={t('Default language')}
        value={messages.default_locale}
        data={choices}
        allowDeselect={false}
        onChange={(next) => next && set(`${base}/default_locale`, next)}
        w={170}
        error={errorAt(`${base}/default_locale`)}
      />
      <Autocomplete
        label={t('Add a language')}
        placeholder="es"
        w={150}
        value={added}
        data={known.map(({ value }) => value).filter((value) => !locales.includes(value))}
        filter={({ options }) => options}
        renderOption={({ option }) => (
          <ValueOption
            of="locale"
            item={{
              value: languageName(option.value, formatter),
              names: {},
              count: known.find(({ value }) => value === option.value)?.count ?? null,
            }}
          />
        )}
        comboboxProps={{ width: 260, position: 'bottom-start' }}
        onChange={(next) => setAdded(next.trim())}
      />
      <Button
        variant="default"
        disabled={!LOCALE_PATTERN.test(added) || locales.includes(added)}
        onClick={add}
      >
        {t('Add')}
      </Button>
      {locale !== messages.default_locale && (
        <Button variant="subtle" onClick={remove}>
          {t('Remove {locale}', { locale })}
        </Button>
      )}
    </Group>
  )
}

function ChannelTexts({ at, channel }: { at: string; channel: Channel }) {
  const { t } = useLocale()
  switch (channel) {
    case 'sms':
      return (
        <>
          <TextField
            key={at}
            at={`${at}/text`}
            label={t('Text')}
            long
            required
            limit={textLimits.smsText}
          />
          <SmsLetterFix at={`${at}/text`} />
        </>
      )
    case 'push':
      return (
        <>
          <TextField at={`${at}/title`} label={t('Title')} required limit={textLimits.pushTitle} />
          <TextField
            at={`${at}/body`}
            label={t('Text')}
            long
            required
            limit={textLimits.pushBody}
          />
          <PushExtras at={at} />
        </>
      )
    case 'email':
      return (
        <>
          <TextField
            at={`${at}/subject`}
            label={t('Subject')}
            required
            limit={textLimits.subject}
          />
          <TextField at={`${at}/preheader`} label={t('Preheader')} limit={textLimits.preheader} />
          <EmailBody at={at} />
        </>
      )
  }
}

function PushExtras({ at }: { at: string }) {
  const { t } = useLocale()
  const hint = t('An https address or an app link. Leave blank to let the app decide.')
  return (
    <>
      <PictureAt at={`${at}/image`} />
      <TextField at={`${at}/ios_link`} label={t('iOS link')} hint={hint} limit={textLimits.link} />
      <TextField
        at={`${at}/android_link`}
        label={t('Android link')}
        hint={hint}
        limit={textLimits.link}
      />
    </>
  )
}

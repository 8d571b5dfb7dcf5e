// Shows step 3 of the wizard: channels, their order, and the messages. Each message is previewed
// and can be sent to a test address.
import {
  Alert,
  Button,
  Checkbox,
  Grid,
  Group,
  Radio,
  Select,
  Stack,
  Tabs,
  Text,
  TextInput,
} from '@mantine/core'
import { useState } from 'react'
import { escapeToken } from '../../api/json-pointer'
import { textLimits } from '../../api/text-limits'
import { useFilters } from '../../app/search-params'
import type { Channel } from '../../client'
import { SectionCard } from '../../components/section-card'
import { channelLabels } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { goesOnAfterUnknown, hasNextChannel } from '../channel-fallback'
import { useDraft } from './campaign-draft'
import { HoursField, TextField } from './draft-fields'
import { EmailBody } from './email-body'
import { LOCALE_PATTERN, MessagePreviewCard } from './message-preview'
import { isCopyOfDefault } from './message-locales'
import { PictureAt } from './picture-at'
import { removeWithUndo } from './remove-with-undo'
import { SmsLetterFix } from './sms-letter-fix'
import { TagButtons } from './tag-buttons'
import { TestSendCard } from './test-send-card'

const allChannels: Channel[] = ['push', 'email', 'sms']

const moveButtonId = (channel: Channel, by: number) =>
  `channel-${channel}-${by < 0 ? 'earlier' : 'later'}`

/** Keeps the focus on a moved channel. At an end of the order the other button is the one that works. */
function focusMoved(channel: Channel, by: number) {
  requestAnimationFrame(() => {
    for (const one of [by, -by]) {
      const button = document.getElementById(moveButtonId(channel, one))
      if (button instanceof HTMLButtonElement && !button.disabled) return button.focus()
    }
  })
}

export function MessagesStep({ saved }: { saved: string | undefined }) {
  const { t } = useLocale()
  const draft = useDraft()
  const { definition, get, set, errorAt } = draft
  const ladder = definition.channels.ladder
  const locales = Object.keys(definition.messages.locales)
  // Language and channel are in the address, so that a save or a reload keeps them.
  const filters = useFilters()
  const locale =
    locales.find((one) => one === filters.text('language')) ?? definition.messages.default_locale
  const channel = ladder.find((one) => one === filters.text('channel')) ?? ladder[0] ?? 'push'
  const setLocale = (language: string) => filters.set({ language }, true)
  const setChannel = (next: Channel) => filters.set({ channel: next }, true)
  const [newLocale, setNewLocale] = useState('')
  const at = `/messages/locales/${escapeToken(locale)}/${channel}`
  const move = (place: number, by: number) => {
    const next = [...ladder]
    next.splice(place + by, 0, ...next.splice(place, 1))
    set('/channels/ladder', next)
    focusMoved(ladder[place]!, by)
  }
  const remove = () =>
    removeWithUndo(
      draft,
      t,
      () => {
        set(`/messages/locales/${escapeToken(locale)}`, undefined)
        setLocale(definition.messages.default_locale)
      },
      () => setLocale(locale),
    )
  return (
    <Stack>
      <SectionCard title={t('Channels')}>
        <Radio.Group
          label={t('How')}
          value={definition.channels.mode}
          onChange={(mode) => set('/channels/mode', mode)}
          error={errorAt('/channels/mode')}
        >
          <Group mt={4}>
            <Radio value="first_available" label={t('First available channel, with fallback')} />
            <Radio value="all" label={t('Every channel')} />
          </Group>
        </Radio.Group>
        <Stack gap="xs" component="fieldset" style={{ border: 0, padding: 0, margin: 0 }}>
          <Text component="legend" size="sm" fw={500}>
            {t('Order')}
          </Text>
          {ladder.map((one, place) => (
            <Group key={one} gap="xs">
              <Text w={90}>
                {place + 1}. {t(channelLabels[one])}
              </Text>
              <Button
                size="compact-sm"
                variant="default"
                id={moveButtonId(one, -1)}
                disabled={place === 0}
                aria-label={t('{channel}: earlier', { channel: t(channelLabels[one]) })}
                onClick={() => move(place, -1)}
              >
                ↑
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                id={moveButtonId(one, 1)}
                disabled={place === ladder.length - 1}
                aria-label={t('{channel}: later', { channel: t(channelLabels[one]) })}
                onClick={() => move(place, 1)}
              >
                ↓
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                disabled={ladder.length === 1}
                onClick={() =>
                  set(
                    '/channels/ladder',
                    ladder.filter((other) => other !== one),
                  )
                }
              >
                {t('Remove channel')}
              </Button>
            </Group>
          ))}
          {allChannels
            .filter((one) => !ladder.includes(one))
            .map((one) => (
              <Group key={one}>
                <Button
                  size="compact-sm"
                  variant="light"
                  onClick={() => set('/channels/ladder', [...ladder, one])}
                >
                  {t('Add {channel}', { channel: t(channelLabels[one]) })}
                </Button>
              </Group>
            ))}
          {errorAt('/channels/ladder', true) && (
            <Text size="sm" c="var(--mantine-color-error)">
              {errorAt('/channels/ladder', true)}
            </Text>
          )}
        </Stack>
        <UnknownFateSwitch />
      </SectionCard>
      <Grid>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <SectionCard title={t('Messages')}>
            <Group align="flex-end">
              <Select
                label={t('Language')}
                value={locale}
                data={locales}
                allowDeselect={false}
                onChange={(next) => next && setLocale(next)}
                w={120}
              />
              <Select
                label={t('Default language')}
                value={definition.messages.default_locale}
                data={locales}
                allowDeselect={false}
                onChange={(next) => next && set('/messages/default_locale', next)}
                w={150}
                error={errorAt('/messages/default_locale')}
              />
              <TextInput
                label={t('Add a language')}
                placeholder="es"
                w={130}
                value={newLocale}
                onChange={({ currentTarget }) => setNewLocale(currentTarget.value.trim())}
              />
              <Button
                variant="default"
                disabled={!LOCALE_PATTERN.test(newLocale) || locales.includes(newLocale)}
                onClick={() => {
                  // A new language starts as a copy of the present one, to be translated.
                  set(
                    `/messages/locales/${escapeToken(newLocale)}`,
                    get(`/messages/locales/${escapeToken(locale)}`),
                  )
                  setLocale(newLocale)
                  setNewLocale('')
                }}
              >
                {t('Add')}
              </Button>
              {locale !== definition.messages.default_locale && (
                <Button variant="subtle" onClick={remove}>
                  {t('Remove {locale}', { locale })}
                </Button>
              )}
            </Group>
            {errorAt(`/messages/locales/${escapeToken(locale)}`) && (
              <Text c="var(--mantine-color-error)" size="sm">
                {errorAt(`/messages/locales/${escapeToken(locale)}`)}
              </Text>
            )}
            {isCopyOfDefault(definition.messages, locale) && (
              <Alert variant="outline" color="yellow" p="xs">
                {t('Not translated yet: these are the texts of the default language.')}
              </Alert>
            )}
            <Tabs
              value={channel}
              onChange={(next) => next && setChannel(next as Channel)}
              keepMounted={false}
            >
              <Tabs.List>
                {ladder.map((one) => (
                  <Tabs.Tab key={one} value={one}>
                    {t(channelLabels[one])}
                    {errorAt(`/messages/locales/${escapeToken(locale)}/${one}`, true) ? ' !' : ''}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              <Tabs.Panel value={channel} pt="sm">
                <Stack>
                  {channel === 'sms' && (
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
                  )}
                  {channel === 'push' && (
                    <>
                      <TextField
                        at={`${at}/title`}
                        label={t('Title')}
                        required
                        limit={textLimits.pushTitle}
                      />
                      <TextField
                        at={`${at}/body`}
                        label={t('Text')}
                        long
                        required
                        limit={textLimits.pushBody}
                      />
                      <PushExtras at={at} />
                    </>
                  )}
                  {channel === 'email' && (
                    <>
                      <TextField
                        at={`${at}/subject`}
                        label={t('Subject')}
                        required
                        limit={textLimits.subject}
                      />
                      <TextField
                        at={`${at}/preheader`}
                        label={t('Preheader')}
                        limit={textLimits.preheader}
                      />
                      <EmailBody at={at} />
                    </>
                  )}
                  <TagButtons />
                </Stack>
              </Tabs.Panel>
            </Tabs>
          </SectionCard>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <MessagePreviewCard locale={locale} channel={channel} />
        </Grid.Col>
      </Grid>
      <LinkCard />
      <ReminderCard />
      <TestSendCard saved={saved} locale={locale} />
    </Stack>
  )
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

/** Asks what follows a message whose fate stays unknown, where there is a next channel. */
function UnknownFateSwitch() {
  const { t } = useLocale()
  const { definition, set, errorAt } = useDraft()
  if (!hasNextChannel(definition.channels)) return null
  return (
    <Checkbox
      label={t('Try the next channel if a message’s outcome stays unknown')}
      description={t(
        'After about an hour without an answer of the provider or a delivery report. The first message is never repeated, and the customer gets one voucher; a few customers may get two messages about it.',
      )}
      checked={goesOnAfterUnknown(definition.channels)}
      error={errorAt('/channels/after_unknown')}
      // Going on is the default, which the API leaves out.
      onChange={({ currentTarget }) =>
        set('/channels/after_unknown', currentTarget.checked ? undefined : false)
      }
    />
  )
}

function LinkCard() {
  const { t } = useLocale()
  const { definition, set, errorAt } = useDraft()
  return (
    <SectionCard title={t('Link in messages')}>
      <Radio.Group
        label={t('Destination')}
        value={definition.link_target ?? 'app'}
        onChange={(target) => set('/link_target', target)}
        error={errorAt('/link_target')}
      >
        <Stack gap={6} mt={4}>
          <Radio value="app" label={t('the app')} />
          <Radio value="page" label={t('a page on which the customer accepts the offer')} />
        </Stack>
      </Radio.Group>
    </SectionCard>
  )
}

function ReminderCard() {
  const { t } = useLocale()
  const { definition, set } = useDraft()
  return (
    <SectionCard title={t('Reminder')}>
      <Checkbox
        label={t('Send an expiry reminder')}
        checked={Boolean(definition.reminder)}
        onChange={({ currentTarget }) =>
          set('/reminder', currentTarget.checked ? { hours_before: 24 } : undefined)
        }
      />
      {definition.reminder && (
        <>
          <HoursField at="/reminder/hours_before" label={t('Send before expiry')} required />
          <Checkbox
            label={t('Also remind customers who accepted but have not redeemed')}
            checked={definition.reminder.to_accepted === true}
            onChange={({ currentTarget }) => set('/reminder/to_accepted', currentTarget.checked)}
          />
        </>
      )}
    </SectionCard>
  )
}

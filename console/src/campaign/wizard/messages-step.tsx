// Shows step 3 of the wizard: channels, their order, the messages and those of the reminder. Each message is
// previewed, and can be sent to a test address.
import { Button, Checkbox, Group, Radio, Stack, Text } from '@mantine/core'
import { useFilters } from '../../app/search-params'
import type { Channel } from '../../client'
import { SectionCard } from '../../components/section-card'
import { channelLabels } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { goesOnAfterUnknown, hasNextChannel } from '../channel-fallback'
import { type JsonObject, useDraft } from './campaign-draft'
import { HoursField } from './draft-fields'
import { MessageEditor } from './message-editor'
import { chosenLocale } from './message-locales'
import { removeWithUndo } from './remove-with-undo'
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

export function MessagesStep({
  saved,
  save,
}: {
  saved: string | undefined
  save: () => Promise<boolean>
}) {
  const { t } = useLocale()
  const draft = useDraft()
  const { definition, set, errorAt } = draft
  const ladder = definition.channels.ladder
  const filters = useFilters()
  const move = (place: number, by: number) => {
    const next = [...ladder]
    next.splice(place + by, 0, ...next.splice(place, 1))
    set('/channels/ladder', next)
    focusMoved(ladder[place]!, by)
  }
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
      <MessageEditor base="/messages" />
      <LinkCard />
      <ReminderCard />
      <TestSendCard
        saved={saved}
        save={save}
        locale={chosenLocale(definition.messages, filters.text('language'))}
      />
    </Stack>
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
  const draft = useDraft()
  const { definition, set } = draft
  const { reminder, messages } = definition
  return (
    <SectionCard title={t('Reminder')}>
      <Checkbox
        label={t('Send an expiry reminder')}
        checked={Boolean(reminder)}
        onChange={({ currentTarget }) =>
          set('/reminder', currentTarget.checked ? { hours_before: 24 } : undefined)
        }
      />
      {reminder && (
        <>
          <HoursField at="/reminder/hours_before" label={t('Send before expiry')} required />
          <Checkbox
            label={t('Also remind customers who accepted but have not redeemed')}
            checked={reminder.to_accepted === true}
            onChange={({ currentTarget }) => set('/reminder/to_accepted', currentTarget.checked)}
          />
          <Checkbox
            label={t('Write the reminder its own messages')}
            description={t('Without them, it repeats the messages above word for word.')}
            checked={Boolean(reminder.messages)}
            onChange={({ currentTarget }) =>
              currentTarget.checked
                ? // They start as a copy, to be changed.
                  set('/reminder/messages', messages as unknown as JsonObject)
                : removeWithUndo(draft, t, () => set('/reminder/messages', undefined))
            }
          />
          {reminder.messages && <MessageEditor base="/reminder/messages" />}
        </>
      )}
    </SectionCard>
  )
}

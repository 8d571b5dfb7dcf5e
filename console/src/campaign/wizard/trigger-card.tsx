// Edits the trigger of an autopilot.
import { Group, Text } from '@mantine/core'
import { textLimits } from '../../api/text-limits'
import { useSession } from '../../app/session'
import { SectionCard } from '../../components/section-card'
import { msg, useLocale } from '../../locales/i18n'
import { type JsonObject, useDraft } from './campaign-draft'
import { changesOfMoment } from './definition'
import { MoneyField, NumberField, ShapeSelect, TextField } from './draft-fields'
import { EventConditions } from './event-conditions'
import { firstKey } from './benefit-fields'
import { ValueField } from './value-fields'

export function TriggerCard() {
  const { t } = useLocale()
  const { currency } = useSession()
  const { definition, get, set } = useDraft()
  const when = firstKey(get('/trigger/when'))
  const at = `/trigger/when/${when}`
  return (
    <SectionCard title={t('Trigger')}>
      <ShapeSelect
        at="/trigger/when"
        label={t('When to send')}
        shapes={[
          { key: 'inactivity', label: t('No order for a number of days'), first: { days: 30 } },
          {
            key: 'personal_date',
            label: t('Birthday or anniversary'),
            first: { name: 'birthday', days_before: 0 },
          },
          {
            key: 'nth_order',
            label: t('Order number (for example the 5th order)'),
            first: { number: 5 },
          },
          {
            key: 'first_order',
            label: t('First order in a vertical'),
            first: { vertical: '' },
          },
          {
            key: 'spend_milestone',
            label: t('Spending reaches an amount'),
            first: { amount: { amount: 50000, currency } },
          },
          { key: 'sign_up', label: t('Sign-up'), first: {} },
          { key: 'cart_left', label: t('Abandoned cart'), first: { minutes: 60 } },
          { key: 'event', label: t('Custom app event'), first: { name: '' } },
          { key: 'goodwill', label: t('Goodwill: issued manually by support'), first: {} },
        ]}
        pick={(next) => {
          for (const [pointer, value] of changesOfMoment(definition, next as JsonObject, currency))
            set(pointer, value)
        }}
      />
      {when === 'inactivity' && (
        <Group align="flex-start">
          <NumberField at={`${at}/days`} label={t('Days without an order')} required />
          <ValueField
            at={`${at}/vertical`}
            of="vertical"
            label={t('Limit to vertical (optional)')}
          />
        </Group>
      )}
      {when === 'personal_date' && (
        <Group align="flex-start">
          <TextField
            at={`${at}/name`}
            label={t('Name of the date')}
            hint={t('birthday, signed_up, or a custom date')}
            required
            limit={textLimits.label}
          />
          <NumberField at={`${at}/days_before`} label={t('Days before the date')} />
        </Group>
      )}
      {when === 'nth_order' && (
        <NumberField at={`${at}/number`} label={t('Order number')} required />
      )}
      {when === 'first_order' && (
        <ValueField at={`${at}/vertical`} of="vertical" label={t('Vertical')} required />
      )}
      {when === 'spend_milestone' && (
        <MoneyField at={`${at}/amount`} label={t('Amount')} required />
      )}
      {when === 'cart_left' && (
        <NumberField at={`${at}/minutes`} label={t('Minutes since the last change')} required />
      )}
      {when === 'event' && (
        <>
          <ValueField at={`${at}/name`} of="event" label={t('Event name')} required />
          <EventConditions at={`${at}/where`} />
        </>
      )}
      {when === 'goodwill' ? (
        <Text size="sm">
          {t(
            'Nothing triggers this autopilot. Once it is enabled, support issues its vouchers to one customer at a time on the customer’s page in Diagnostics. It has no send hour, delay or re-entry limit; each group’s limits are in Settings.',
          )}
        </Text>
      ) : (
        <TimingFields when={when} />
      )}
    </SectionCard>
  )
}

const timingFields: { name: string; label: string; required?: true }[] = [
  { name: 'local_hour', label: msg('Send at (hour, customer’s time zone)') },
  { name: 'cool_down_days', label: msg('Re-entry: at most once every (days)'), required: true },
  { name: 'deadline_hours', label: msg('Skip if not sent within (hours)') },
  { name: 'delay_minutes', label: msg('Delay after the event (minutes)') },
]

/** Triggers that a day brings; the others come with an event, after which a message can wait. */
const calendarTriggers = ['inactivity', 'personal_date']

function TimingFields({ when }: { when: string | undefined }) {
  const { t } = useLocale()
  const { get } = useDraft()
  const fields = timingFields.filter(
    ({ name }) =>
      name !== 'delay_minutes' ||
      !calendarTriggers.includes(when ?? '') ||
      get(`/trigger/${name}`) !== undefined,
  )
  return (
    <Group align="flex-start">
      {fields.map(({ name, label, required }) => (
        <NumberField key={name} at={`/trigger/${name}`} label={t(label)} required={required} />
      ))}
    </Group>
  )
}

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
import { firstKey } from './offer-step'

export function TriggerCard() {
  const { t } = useLocale()
  const { currency } = useSession()
  const { definition, get, set } = useDraft()
  const when = firstKey(get('/trigger/when'))
  const at = `/trigger/when/${when}`
  return (
    <SectionCard title={t('When it fires')}>
      <ShapeSelect
        at="/trigger/when"
        label={t('The moment')}
        shapes={[
          { key: 'inactivity', label: t('No order for some days'), first: { days: 30 } },
          {
            key: 'personal_date',
            label: t('A personal date, as a birthday'),
            first: { name: 'birthday', days_before: 0 },
          },
          { key: 'nth_order', label: t('A certain order, as the fifth'), first: { number: 5 } },
          {
            key: 'first_order',
            label: t('The first order in a vertical'),
            first: { vertical: '' },
          },
          {
            key: 'spend_milestone',
            label: t('Spending reaches an amount'),
            first: { amount: { amount: 50000, currency } },
          },
          { key: 'sign_up', label: t('They sign up'), first: {} },
          { key: 'cart_left', label: t('A cart is left'), first: { minutes: 60 } },
          { key: 'event', label: t('An event of your own app'), first: { name: '' } },
          { key: 'goodwill', label: t('Goodwill: support issues it by hand'), first: {} },
        ]}
        pick={(next) => {
          for (const [pointer, value] of changesOfMoment(definition, next as JsonObject, currency))
            set(pointer, value)
        }}
      />
      {when === 'inactivity' && (
        <Group align="flex-start">
          <NumberField at={`${at}/days`} label={t('Days without an order')} required />
          <TextField
            at={`${at}/vertical`}
            label={t('Vertical, if only there')}
            limit={textLimits.label}
          />
        </Group>
      )}
      {when === 'personal_date' && (
        <Group align="flex-start">
          <TextField
            at={`${at}/name`}
            label={t('Name of the date')}
            hint={t('birthday, signed_up, or a date of your own')}
            required
            limit={textLimits.label}
          />
          <NumberField at={`${at}/days_before`} label={t('Days before it')} />
        </Group>
      )}
      {when === 'nth_order' && (
        <NumberField at={`${at}/number`} label={t('Order number')} required />
      )}
      {when === 'first_order' && (
        <TextField at={`${at}/vertical`} label={t('Vertical')} required limit={textLimits.label} />
      )}
      {when === 'spend_milestone' && (
        <MoneyField at={`${at}/amount`} label={t('Amount')} required />
      )}
      {when === 'cart_left' && (
        <NumberField at={`${at}/minutes`} label={t('Minutes untouched')} required />
      )}
      {when === 'event' && (
        <>
          <TextField at={`${at}/name`} label={t('Event name')} required limit={textLimits.label} />
          <EventConditions at={`${at}/where`} />
        </>
      )}
      {when === 'goodwill' ? (
        <Text size="sm">
          {t(
            'Nothing fires it: once it is enabled, support issues its vouchers to one customer at a time, on the customer’s page in diagnostics. It has no hour, no wait and no cool-down; the limits of each group are in the settings.',
          )}
        </Text>
      ) : (
        <TimingFields />
      )}
    </SectionCard>
  )
}

const timingFields: { name: string; label: string; required?: true }[] = [
  { name: 'local_hour', label: msg('Hour of the customer’s day') },
  { name: 'cool_down_days', label: msg('Days until it may fire again'), required: true },
  { name: 'deadline_hours', label: msg('Hours after which it is too late') },
  { name: 'delay_minutes', label: msg('Minutes to wait after an event') },
]

function TimingFields() {
  const { t } = useLocale()
  return (
    <Group align="flex-start">
      {timingFields.map(({ name, label, required }) => (
        <NumberField key={name} at={`/trigger/${name}`} label={t(label)} required={required} />
      ))}
    </Group>
  )
}

// Shows step 4 of the wizard: start and end, sending hours, cost limits, holdout and priority.
import { Anchor, Checkbox, Group, MultiSelect, Stack, Text, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Channel, Day, CampaignKind } from '../../client'
import { ChannelHours } from '../../components/channel-hours'
import { SectionCard } from '../../components/section-card'
import { useContactPolicy } from '../../components/zoned-time-input'
import { channelLabels } from '../../delivery/labels'
import { msg, useLocale } from '../../locales/i18n'
import { isGoodwill } from '../goodwill'
import { useDraft } from './campaign-draft'
import { CheckboxField, DateTimeField, MoneyField, NumberField } from './draft-fields'

const weekdays: [Day, string][] = [
  ['monday', msg('Monday')],
  ['tuesday', msg('Tuesday')],
  ['wednesday', msg('Wednesday')],
  ['thursday', msg('Thursday')],
  ['friday', msg('Friday')],
  ['saturday', msg('Saturday')],
  ['sunday', msg('Sunday')],
]

export function ScheduleStep({ kind }: { kind: CampaignKind }) {
  const { t } = useLocale()
  const { definition, set, errorAt } = useDraft()
  const window = definition.schedule?.window
  const quiet = definition.schedule?.quiet_hours
  return (
    <Stack>
      <SectionCard title={t('When to send')}>
        <Group align="flex-start">
          <DateTimeField
            at="/schedule/starts_at"
            label={t('Starts')}
            hint={t('Leave blank to start at launch.')}
          />
          <DateTimeField
            at="/schedule/ends_at"
            label={t('Ends')}
            hint={t('No vouchers are issued after this.')}
          />
        </Group>
        {kind === 'promotion' && (
          <NumberField
            at="/schedule/local_hour"
            label={t('Send hour')}
            hint={t('0 to 23, in each customer’s time zone. Leave blank to send right away.')}
          />
        )}
        <Checkbox
          label={t('Send only at certain hours or days')}
          checked={Boolean(window)}
          onChange={({ currentTarget }) =>
            set(
              '/schedule/window',
              currentTarget.checked ? { hours: { from: '09:00', to: '20:00' } } : undefined,
            )
          }
        />
        {window && (
          <Group align="flex-start">
            <TextInput
              type="time"
              label={t('From')}
              description={t('In each customer’s time zone.')}
              value={window.hours.from}
              error={errorAt('/schedule/window/hours', true)}
              onChange={({ currentTarget }) =>
                set('/schedule/window/hours/from', currentTarget.value)
              }
            />
            <TextInput
              type="time"
              label={t('Until')}
              description={t('In each customer’s time zone.')}
              value={window.hours.to}
              onChange={({ currentTarget }) =>
                set('/schedule/window/hours/to', currentTarget.value)
              }
            />
            <MultiSelect
              label={t('Days')}
              placeholder={window.days?.length ? undefined : t('every day')}
              value={window.days ?? []}
              error={errorAt('/schedule/window/days', true)}
              data={weekdays.map(([value, label]) => ({ value, label: t(label) }))}
              onChange={(next) => set('/schedule/window/days', next.length > 0 ? next : undefined)}
              miw={260}
            />
          </Group>
        )}
        <Checkbox
          label={t('Add quiet hours for this campaign')}
          checked={Boolean(quiet)}
          onChange={({ currentTarget }) =>
            set('/schedule/quiet_hours', currentTarget.checked ? {} : undefined)
          }
        />
        {quiet && (
          <ChannelHours
            value={quiet}
            onChange={(next) => set('/schedule/quiet_hours', next)}
            errorAt={(channel) => errorAt(`/schedule/quiet_hours/${channel}`, true)}
          />
        )}
        <QuietHoursText />
      </SectionCard>
      <SectionCard title={t('Limits')}>
        <CapFields />
      </SectionCard>
      <SectionCard title={t('Measurement')}>
        {isGoodwill(definition) ? (
          <Text size="sm">
            {t(
              'There is no control group: every voucher that support issues goes to its customer.',
            )}
          </Text>
        ) : (
          <NumberField
            at="/holdout_percent"
            label={t('Control group (%)')}
            unit="%"
            hint={t(
              'A random share that gets nothing, so that reports can measure the campaign’s effect.',
            )}
          />
        )}
      </SectionCard>
      <SectionCard title={t('Priority & frequency')}>
        <NumberField
          at="/pressure/priority"
          label={t('Priority')}
          hint={t('0 to 100; the default is 50. Higher goes first.')}
        />
        <CheckboxField at="/pressure/exempt" label={t('Ignore frequency caps for this campaign')} />
      </SectionCard>
    </Stack>
  )
}

/** Edits the caps, which can still change after the launch. */
export function CapFields() {
  const { t } = useLocale()
  return (
    <Group align="flex-start">
      <NumberField
        at="/caps/vouchers"
        label={t('Maximum vouchers')}
        hint={t('Leave blank for no limit.')}
      />
      <MoneyField
        at="/caps/exposure"
        label={t('Maximum exposure')}
        hint={t('The most that all issued vouchers can cost together.')}
      />
      <MoneyField
        at="/caps/redeemed"
        label={t('Maximum redeemed amount')}
        hint={t('The most that redemptions can cost in total.')}
      />
    </Group>
  )
}

/** Shows the quiet hours of the settings, which hold for every campaign. */
function QuietHoursText() {
  const { t } = useLocale()
  const policy = useContactPolicy()
  const quiet = Object.entries(policy.data?.quiet_hours ?? {})
  return (
    <Text size="sm" c="dimmed">
      {!policy.data
        ? t('Quiet hours from Settings also apply, in each customer’s time zone.')
        : quiet.length === 0
          ? t('No quiet hours are set.')
          : t('Quiet hours from Settings apply, in each customer’s time zone: {list}.', {
              list: quiet
                .map(
                  ([channel, { from, to }]) =>
                    `${t(channelLabels[channel as Channel])} ${from}–${to}`,
                )
                .join(', '),
            })}{' '}
      <Anchor component={Link} to="/configuration/voucher-campaign/settings" size="sm">
        {t('Hours and caps')}
      </Anchor>
    </Text>
  )
}

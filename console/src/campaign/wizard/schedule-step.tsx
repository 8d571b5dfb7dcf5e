// Shows step 4 of the wizard: start and end, sending hours, cost limits, holdout and priority.
import { Anchor, Checkbox, Group, MultiSelect, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { callApi } from '../../api/requests'
import { type Channel, type Day, type CampaignKind, readContactPolicy } from '../../client'
import { ChannelHours } from '../../components/channel-hours'
import { SectionCard } from '../../components/section-card'
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
      <SectionCard title={t('When it runs')}>
        <Group align="flex-start">
          <DateTimeField
            at="/schedule/starts_at"
            label={t('Starts')}
            hint={t('Empty: when it is launched.')}
          />
          <DateTimeField
            at="/schedule/ends_at"
            label={t('Ends')}
            hint={t('From then on no voucher is issued.')}
          />
        </Group>
        {kind === 'promotion' && (
          <NumberField
            at="/schedule/local_hour"
            label={t('Best hour')}
            hint={t('On the customer’s clock, 0 to 23. Empty: at once.')}
            min={0}
            max={23}
          />
        )}
        <Checkbox
          label={t('Only at certain hours or days')}
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
              value={window.hours.from}
              error={errorAt('/schedule/window/hours', true)}
              onChange={({ currentTarget }) =>
                set('/schedule/window/hours/from', currentTarget.value)
              }
            />
            <TextInput
              type="time"
              label={t('Until')}
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
          label={t('Quiet hours of its own, beside those of the settings')}
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
      <SectionCard title={t('How much it may cost')}>
        <Group align="flex-start">
          <NumberField
            at="/caps/vouchers"
            label={t('Vouchers at most')}
            min={1}
            hint={t('Empty: no cap.')}
          />
          <MoneyField
            at="/caps/exposure"
            label={t('Exposure at most')}
            hint={t('What all issued vouchers can cost together.')}
          />
          <MoneyField
            at="/caps/redeemed"
            label={t('Redeemed at most')}
            hint={t('What is really given, order by order.')}
          />
        </Group>
      </SectionCard>
      <SectionCard title={t('What it causes')}>
        {isGoodwill(definition) ? (
          <Text size="sm">
            {t('Nobody is held out: every voucher that support issues goes to its customer.')}
          </Text>
        ) : (
          <NumberField
            at="/holdout_percent"
            label={t('Held out, percent')}
            min={0}
            max={50}
            hint={t(
              'A random part that gets nothing, so that the report can tell what the campaign caused.',
            )}
          />
        )}
      </SectionCard>
      <SectionCard title={t('Beside other campaigns')}>
        <NumberField
          at="/pressure/priority"
          label={t('Priority')}
          min={0}
          max={100}
          hint={t('0 to 100, usually 50. The higher goes first.')}
        />
        <CheckboxField
          at="/pressure/exempt"
          label={t('The caps on messages and open offers do not stop it')}
        />
      </SectionCard>
    </Stack>
  )
}

/** Shows the quiet hours of the settings, which hold for every campaign. */
function QuietHoursText() {
  const { t } = useLocale()
  const policy = useQuery({
    queryKey: ['contact-policy'],
    staleTime: 60_000,
    queryFn: ({ signal }) => callApi(readContactPolicy({ signal })),
  })
  const quiet = Object.entries(policy.data?.quiet_hours ?? {})
  return (
    <Text size="sm" c="dimmed">
      {!policy.data
        ? t('The quiet hours of the settings hold as well, on each customer’s own clock.')
        : quiet.length === 0
          ? t('No quiet hours are set.')
          : t(
              'Nothing is sent in the quiet hours of the settings, on each customer’s own clock: {list}.',
              {
                list: quiet
                  .map(
                    ([channel, { from, to }]) =>
                      `${t(channelLabels[channel as Channel])} ${from}–${to}`,
                  )
                  .join(', '),
              },
            )}{' '}
      <Anchor component={Link} to="/configuration/voucher-campaign/settings" size="sm">
        {t('Hours and caps')}
      </Anchor>
    </Text>
  )
}

// Step 4: when it starts and ends, at which hours it may be sent, how much it may cost, who is held out.
import { Anchor, Checkbox, Group, MultiSelect, Stack, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { readContactPolicy, type Channel, type Day, type Kind } from '../client'
import { call } from '../app/api'
import { msg, useWords } from '../app/i18n'
import { Card, channelWords } from '../app/parts'
import { useDraft } from './draft'
import { CheckAt, MomentAt, MoneyAt, NumberAt } from './fields'

const days: [Day, string][] = [['monday', msg('Monday')], ['tuesday', msg('Tuesday')], ['wednesday', msg('Wednesday')], ['thursday', msg('Thursday')],
  ['friday', msg('Friday')], ['saturday', msg('Saturday')], ['sunday', msg('Sunday')]]

export function ScheduleStep({ kind }: { kind: Kind }) {
  const { t } = useWords()
  const { definition, set, wrong } = useDraft()
  const window = definition.schedule?.window
  return (
    <Stack>
      <Card title={t('When it runs')}>
        <Group align="flex-start"><MomentAt at="/schedule/starts_at" label={t('Starts')} hint={t('Empty: when it is launched.')} /><MomentAt at="/schedule/ends_at" label={t('Ends')} hint={t('From then on no voucher is issued.')} /></Group>
        {kind === 'promotion' && <NumberAt at="/schedule/local_hour" label={t('Best hour')} hint={t('On the customer’s clock, 0 to 23. Empty: at once.')} min={0} max={23} />}
        <Checkbox label={t('Only at certain hours or days')} checked={Boolean(window)} onChange={({ currentTarget }) => set('/schedule/window', currentTarget.checked ? { hours: { from: '09:00', to: '20:00' } } : undefined)} />
        {window && (
          <Group align="flex-start">
            <TextInput type="time" label={t('From')} value={window.hours.from} error={wrong('/schedule/window/hours', true)} onChange={({ currentTarget }) => set('/schedule/window/hours/from', currentTarget.value)} />
            <TextInput type="time" label={t('Until')} value={window.hours.to} onChange={({ currentTarget }) => set('/schedule/window/hours/to', currentTarget.value)} />
            <MultiSelect label={t('Days')} placeholder={window.days?.length ? undefined : t('every day')} value={window.days ?? []} error={wrong('/schedule/window/days', true)} data={days.map(([value, label]) => ({ value, label: t(label) }))}
              onChange={(next) => set('/schedule/window/days', next.length > 0 ? next : undefined)} miw={260} />
          </Group>
        )}
        <QuietHours />
      </Card>
      <Card title={t('How much it may cost')}>
        <Group align="flex-start">
          <NumberAt at="/caps/vouchers" label={t('Vouchers at most')} min={1} hint={t('Empty: no cap.')} />
          <MoneyAt at="/caps/exposure" label={t('Exposure at most')} hint={t('What all issued vouchers can cost together.')} />
          <MoneyAt at="/caps/redeemed" label={t('Redeemed at most')} hint={t('What is really given, order by order.')} />
        </Group>
      </Card>
      <Card title={t('What it causes')}>
        <NumberAt at="/holdout_percent" label={t('Held out, percent')} min={0} max={50} hint={t('A random part that gets nothing, so that the report can tell what the campaign caused.')} />
      </Card>
      <Card title={t('Beside other campaigns')}>
        <NumberAt at="/pressure/priority" label={t('Priority')} min={0} max={100} hint={t('0 to 100, usually 50. The higher goes first.')} />
        <CheckAt at="/pressure/exempt" label={t('The caps on messages and open offers do not stop it')} />
      </Card>
    </Stack>
  )
}

/** What the settings say of all campaigns, where it is asked about one. */
function QuietHours() {
  const { t } = useWords()
  const policy = useQuery({ queryKey: ['contact-policy'], staleTime: 60_000, queryFn: ({ signal }) => call(readContactPolicy({ signal })) })
  const quiet = Object.entries(policy.data?.quiet_hours ?? {})
  return (
    <Text size="sm" c="dimmed">
      {!policy.data ? t('The quiet hours of the settings hold as well, on each customer’s own clock.')
        : quiet.length === 0 ? t('No quiet hours are set.')
          : t('Nothing is sent in the quiet hours of the settings, on each customer’s own clock: {list}.', { list: quiet.map(([channel, { from, to }]) => `${t(channelWords[channel as Channel])} ${from}–${to}`).join(', ') })}{' '}
      <Anchor component={Link} to="/configuration/voucher-campaign/settings" size="sm">{t('Hours and caps')}</Anchor>
    </Text>
  )
}

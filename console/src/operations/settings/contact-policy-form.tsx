// Edits the contact policy: quiet hours and whose clock they follow, frequency cap, open-offer cap and sending rates.
import { Alert, Checkbox, Group, NumberInput, Text } from '@mantine/core'
import { useState } from 'react'
import { callApiWithEtag } from '../../api/requests'
import {
  type ContactPolicy,
  type ContactPolicyView,
  readContactPolicy,
  replaceContactPolicy,
} from '../../client'
import { ChannelHours } from '../../components/channel-hours'
import { SectionCard } from '../../components/section-card'
import { channelLabels, channelOrder } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { SettingForm } from './setting-form'

const pickPolicy = ({
  quiet_hours,
  zone_by_phone_country,
  frequency_cap,
  open_offers_cap,
  rates,
}: ContactPolicy): ContactPolicy => ({
  quiet_hours,
  zone_by_phone_country,
  frequency_cap,
  open_offers_cap,
  rates,
})

export function ContactPolicyForm() {
  const { t } = useLocale()
  // The policy in force, with what the form does not edit: its version, and the tenant's zone.
  const [policy, setPolicy] = useState<ContactPolicyView>()
  return (
    <SettingForm<ContactPolicy>
      name="contact-policy"
      read={async (signal) => {
        const { data, etag } = await callApiWithEtag(readContactPolicy({ signal }))
        setPolicy(data)
        return { data: pickPolicy(data), etag }
      }}
      write={async (body, etag) => {
        const after = await callApiWithEtag(
          replaceContactPolicy({ body, headers: { 'If-Match': etag } }),
        )
        setPolicy(after.data)
        return { data: pickPolicy(after.data), etag: after.etag }
      }}
    >
      {({ value, set, errorAt }) => (
        <>
          <SectionCard title={t('Quiet hours')}>
            <Text size="sm">
              {t('On the customer’s own clock nothing is sent in these hours.')}
            </Text>
            {policy?.version === 0 && Object.keys(value.quiet_hours ?? {}).length > 0 && (
              <Alert variant="outline" role="note" title={t('These are the hours of a new stack')}>
                {t(
                  'Nobody has set quiet hours yet, so these hold on every channel. They stay until an administrator saves others.',
                )}
              </Alert>
            )}
            <ChannelHours
              value={value.quiet_hours ?? {}}
              onChange={(quiet_hours) => set({ quiet_hours })}
              errorAt={(channel) => errorAt(`/quiet_hours/${channel}`)}
            />
            <Checkbox
              label={t('A customer without a zone is in that of the phone’s country')}
              description={t(
                'Where that country has one clock. Otherwise, and without this, the tenant’s zone holds: {zone}.',
                { zone: policy?.tenant_zone ?? 'UTC' },
              )}
              checked={Boolean(value.zone_by_phone_country)}
              onChange={({ currentTarget }) =>
                set({ zone_by_phone_country: currentTarget.checked || undefined })
              }
            />
          </SectionCard>
          <SectionCard title={t('Caps over all campaigns')}>
            <Checkbox
              label={t('At most so many messages to one customer')}
              description={t(
                'Counts messages, not vouchers: each one on each channel, with fallbacks, repeats and reminders.',
              )}
              checked={Boolean(value.frequency_cap)}
              onChange={({ currentTarget }) =>
                set({ frequency_cap: currentTarget.checked ? { messages: 3, days: 7 } : undefined })
              }
            />
            {value.frequency_cap && (
              <Group>
                <NumberInput
                  label={t('Messages')}
                  clampBehavior="none"
                  hideControls
                  min={1}
                  value={value.frequency_cap.messages}
                  error={errorAt('/frequency_cap/messages')}
                  onChange={(n) =>
                    set({ frequency_cap: { ...value.frequency_cap!, messages: Number(n) } })
                  }
                />
                <NumberInput
                  label={t('in so many days')}
                  clampBehavior="none"
                  hideControls
                  min={1}
                  max={90}
                  value={value.frequency_cap.days}
                  error={errorAt('/frequency_cap/days')}
                  onChange={(n) =>
                    set({ frequency_cap: { ...value.frequency_cap!, days: Number(n) } })
                  }
                />
              </Group>
            )}
            <NumberInput
              label={t('Open offers of one customer, at most')}
              description={t('Counts vouchers, not messages. Empty: no cap.')}
              clampBehavior="none"
              hideControls
              min={1}
              max={1000}
              maw={360}
              value={value.open_offers_cap ?? ''}
              error={errorAt('/open_offers_cap')}
              onChange={(n) => set({ open_offers_cap: n === '' ? undefined : Number(n) })}
            />
          </SectionCard>
          <SectionCard title={t('Messages a second')}>
            <Text size="sm">
              {t(
                'Not faster than the provider lets this account. Empty: as deployed, by the parameters {list}.',
                { list: 'SmsRatePerSecond, EmailRatePerSecond, PushRatePerSecond' },
              )}
            </Text>
            <Group>
              {channelOrder.map((channel) => (
                <NumberInput
                  key={channel}
                  label={t(channelLabels[channel])}
                  clampBehavior="none"
                  hideControls
                  min={1}
                  max={10000}
                  value={value.rates?.[channel] ?? ''}
                  error={errorAt(`/rates/${channel}`)}
                  onChange={(n) => {
                    const { [channel]: _, ...others } = value.rates ?? {}
                    set({ rates: n === '' ? others : { ...others, [channel]: Number(n) } })
                  }}
                />
              ))}
            </Group>
          </SectionCard>
        </>
      )}
    </SettingForm>
  )
}

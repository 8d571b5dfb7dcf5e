// Edits the contact policy: quiet hours and whose clock they follow, frequency cap, open-offer cap, sending rates and daily limits.
import { Alert, Checkbox, Group, Text } from '@mantine/core'
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
import { TypedNumberInput } from '../../components/typed-number-input'
import { channelLabels, channelOrder } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { DailyLimits } from './daily-limits'
import { SettingForm } from './setting-form'

const pickPolicy = ({
  quiet_hours,
  zone_by_phone_country,
  frequency_cap,
  open_offers_cap,
  rates,
  daily_limits,
}: ContactPolicy): ContactPolicy => ({
  quiet_hours,
  zone_by_phone_country,
  frequency_cap,
  open_offers_cap,
  rates,
  daily_limits,
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
              {t('No messages are sent during these hours, in each customer’s time zone.')}
            </Text>
            {policy?.version === 0 && Object.keys(value.quiet_hours ?? {}).length > 0 && (
              <Alert variant="outline" role="note" title={t('Default quiet hours')}>
                {t(
                  'No quiet hours were saved yet, so these defaults apply on every channel until an administrator saves others.',
                )}
              </Alert>
            )}
            <ChannelHours
              value={value.quiet_hours ?? {}}
              onChange={(quiet_hours) => set({ quiet_hours })}
              errorAt={(channel) => errorAt(`/quiet_hours/${channel}`)}
            />
            <Checkbox
              label={t('Use the phone’s country for customers without a time zone')}
              description={t(
                'Applies to countries with a single time zone. In all other cases the default time zone is used: {zone}.',
                { zone: policy?.tenant_zone ?? 'UTC' },
              )}
              checked={Boolean(value.zone_by_phone_country)}
              onChange={({ currentTarget }) =>
                set({ zone_by_phone_country: currentTarget.checked || undefined })
              }
            />
          </SectionCard>
          <SectionCard title={t('Frequency caps for all campaigns')}>
            <Checkbox
              label={t('Frequency cap per customer')}
              description={t(
                'Counts every message on every channel, including fallbacks, repeats and reminders.',
              )}
              checked={Boolean(value.frequency_cap)}
              onChange={({ currentTarget }) =>
                set({ frequency_cap: currentTarget.checked ? { messages: 3, days: 7 } : undefined })
              }
            />
            {value.frequency_cap && (
              <Group>
                <TypedNumberInput
                  label={t('Messages')}
                  required
                  value={value.frequency_cap.messages}
                  error={errorAt('/frequency_cap/messages')}
                  onChange={(n) =>
                    set({ frequency_cap: { ...value.frequency_cap!, messages: n as number } })
                  }
                />
                <TypedNumberInput
                  label={t('Per number of days')}
                  required
                  value={value.frequency_cap.days}
                  error={errorAt('/frequency_cap/days')}
                  onChange={(n) =>
                    set({ frequency_cap: { ...value.frequency_cap!, days: n as number } })
                  }
                />
              </Group>
            )}
            <TypedNumberInput
              label={t('Maximum open offers per customer')}
              description={t('Counts vouchers, not messages. Leave blank for no limit.')}
              maw={360}
              value={value.open_offers_cap}
              error={errorAt('/open_offers_cap')}
              onChange={(open_offers_cap) => set({ open_offers_cap })}
            />
          </SectionCard>
          <SectionCard title={t('Sending rate (messages per second)')}>
            <Text size="sm">
              {t(
                'Stay within your provider’s limits. Leave blank for the default of the deployment ({list}).',
                { list: 'SmsRatePerSecond, EmailRatePerSecond, PushRatePerSecond' },
              )}
            </Text>
            <Group>
              {channelOrder.map((channel) => (
                <TypedNumberInput
                  key={channel}
                  label={t(channelLabels[channel])}
                  value={value.rates?.[channel]}
                  error={errorAt(`/rates/${channel}`)}
                  onChange={(n) => {
                    const { [channel]: _, ...others } = value.rates ?? {}
                    set({ rates: n === undefined ? others : { ...others, [channel]: n } })
                  }}
                />
              ))}
            </Group>
          </SectionCard>
          <SectionCard title={t('Daily limit')}>
            <Text size="sm">
              {t(
                'Mailbox providers and carriers distrust a sender that suddenly sends much. Leave blank for no limit.',
              )}
            </Text>
            <DailyLimits
              value={value.daily_limits ?? {}}
              onChange={(daily_limits) => set({ daily_limits })}
              errorAt={errorAt}
            />
          </SectionCard>
        </>
      )}
    </SettingForm>
  )
}

// Edits the contact policy: quiet hours, frequency cap, open-offer cap and sending rates.
import { Checkbox, Group, NumberInput, Text, TextInput } from '@mantine/core'
import { callApiWithEtag } from '../../api/requests'
import { type ContactPolicy, readContactPolicy, replaceContactPolicy } from '../../client'
import { SectionCard } from '../../components/section-card'
import { channelLabels, channelOrder } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'
import { SettingForm } from './setting-form'

const pickPolicy = ({
  quiet_hours,
  frequency_cap,
  open_offers_cap,
  rates,
}: ContactPolicy): ContactPolicy => ({ quiet_hours, frequency_cap, open_offers_cap, rates })

export function ContactPolicyForm() {
  const { t } = useLocale()
  return (
    <SettingForm<ContactPolicy>
      name="contact-policy"
      read={async (signal) => {
        const { data, etag } = await callApiWithEtag(readContactPolicy({ signal }))
        return { data: pickPolicy(data), etag }
      }}
      write={async (body, etag) => {
        const after = await callApiWithEtag(
          replaceContactPolicy({ body, headers: { 'If-Match': etag } }),
        )
        return { data: pickPolicy(after.data), etag: after.etag }
      }}
    >
      {({ value, set, errorAt }) => (
        <>
          <SectionCard title={t('Quiet hours')}>
            <Text size="sm">
              {t('On the customer’s own clock nothing is sent in these hours.')}
            </Text>
            {channelOrder.map((channel) => {
              const hours = value.quiet_hours?.[channel]
              const change = (next: { from: string; to: string } | undefined) => {
                const { [channel]: _, ...others } = value.quiet_hours ?? {}
                set({ quiet_hours: next ? { ...others, [channel]: next } : others })
              }
              return (
                <Group key={channel} align="flex-end">
                  <Checkbox
                    w={110}
                    mb={8}
                    label={t(channelLabels[channel])}
                    checked={Boolean(hours)}
                    onChange={({ currentTarget }) =>
                      change(currentTarget.checked ? { from: '21:00', to: '08:00' } : undefined)
                    }
                  />
                  {hours && (
                    <>
                      <TextInput
                        type="time"
                        label={t('From')}
                        value={hours.from}
                        error={errorAt(`/quiet_hours/${channel}`)}
                        onChange={({ currentTarget }) =>
                          change({ ...hours, from: currentTarget.value })
                        }
                      />
                      <TextInput
                        type="time"
                        label={t('Until')}
                        value={hours.to}
                        onChange={({ currentTarget }) =>
                          change({ ...hours, to: currentTarget.value })
                        }
                      />
                    </>
                  )}
                </Group>
              )
            })}
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

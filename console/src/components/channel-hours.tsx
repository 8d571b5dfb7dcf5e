// Edits hours by channel: a checkbox for each channel, and its two times once it is checked.
import { Checkbox, Group, TextInput } from '@mantine/core'
import type { Channel } from '../client'
import { channelLabels, channelOrder } from '../delivery/labels'
import { useLocale } from '../locales/i18n'

/** A type and not an interface, so that it is a JSON value. */
export type HourRange = { from: string; to: string }
export type ChannelHoursValue = { [channel: string]: HourRange }

export function ChannelHours({
  value,
  onChange,
  errorAt,
}: {
  value: ChannelHoursValue
  onChange: (next: ChannelHoursValue) => void
  errorAt: (channel: Channel) => string | undefined
}) {
  const { t } = useLocale()
  return channelOrder.map((channel) => {
    const hours = value[channel]
    const change = (next: HourRange | undefined) => {
      const { [channel]: _, ...others } = value
      onChange(next ? { ...others, [channel]: next } : others)
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
              error={errorAt(channel)}
              onChange={({ currentTarget }) => change({ ...hours, from: currentTarget.value })}
            />
            <TextInput
              type="time"
              label={t('Until')}
              value={hours.to}
              onChange={({ currentTarget }) => change({ ...hours, to: currentTarget.value })}
            />
          </>
        )}
      </Group>
    )
  })
}

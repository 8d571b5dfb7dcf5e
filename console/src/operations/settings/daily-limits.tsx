// Edits the daily limit of each channel, and the days in which a new sender grows to it.
import { Checkbox, Group, Stack, Text, TextInput } from '@mantine/core'
import { isoDay, stackTime } from '../../api/clock'
import type { DailyLimit } from '../../client'
import { TypedNumberInput } from '../../components/typed-number-input'
import { channelLabels, channelOrder } from '../../delivery/labels'
import { useLocale } from '../../locales/i18n'

type DailyLimits = Record<string, DailyLimit>

/** The growth that a new form proposes: the usual half a day more, from a few hundred messages. */
const usualRamp = { messages: 500, growth_percent: 50 }

export function DailyLimits({
  value,
  onChange,
  errorAt,
}: {
  value: DailyLimits
  onChange: (value: DailyLimits) => void
  errorAt: (pointer: string) => string | undefined
}) {
  const { t } = useLocale()
  return (
    <Stack gap="sm">
      {channelOrder.map((channel) => {
        const limit = value[channel]
        const set = (next: DailyLimit) => onChange({ ...value, [channel]: next })
        const at = (field: string) => errorAt(`/daily_limits/${channel}/${field}`)
        return (
          <Group key={channel} align="end">
            <TypedNumberInput
              label={t('{channel}: messages per day', { channel: t(channelLabels[channel]) })}
              value={limit?.messages}
              error={at('messages')}
              onChange={(messages) => {
                const { [channel]: _, ...others } = value
                if (messages === undefined) onChange(others)
                else set({ ...limit, messages })
              }}
            />
            {limit && (
              <Checkbox
                mb="xs"
                label={t('New sender: start lower and grow')}
                checked={Boolean(limit.ramp)}
                onChange={({ currentTarget }) => {
                  const first_day = isoDay(stackTime())
                  const messages = Math.min(usualRamp.messages, limit.messages)
                  set({
                    ...limit,
                    ramp: currentTarget.checked ? { ...usualRamp, messages, first_day } : undefined,
                  })
                }}
              />
            )}
            {limit?.ramp && (
              <>
                <TextInput
                  type="date"
                  label={t('First day')}
                  value={limit.ramp.first_day}
                  error={at('ramp/first_day')}
                  onChange={({ currentTarget }) =>
                    set({ ...limit, ramp: { ...limit.ramp!, first_day: currentTarget.value } })
                  }
                />
                <TypedNumberInput
                  label={t('Messages on the first day')}
                  value={limit.ramp.messages}
                  error={at('ramp/messages')}
                  onChange={(messages) =>
                    set({ ...limit, ramp: { ...limit.ramp!, messages: messages as number } })
                  }
                />
                <TypedNumberInput
                  label={t('Growth per day (%)')}
                  value={limit.ramp.growth_percent}
                  error={at('ramp/growth_percent')}
                  onChange={(growth) =>
                    set({ ...limit, ramp: { ...limit.ramp!, growth_percent: growth as number } })
                  }
                />
              </>
            )}
          </Group>
        )
      })}
      <Text size="sm" c="dimmed">
        {t(
          'Counts every message that is handed to the channel, in days of the default time zone. What is above the limit waits for the next day.',
        )}
      </Text>
    </Stack>
  )
}

// Offers the period and the filters of a report, with common periods at the press of a button, its
// CSV file, and printing.
import { Button, Group, Select, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { DAY_MS, isoDay, stackTime } from '../api/clock'
import { downloadCsv } from '../api/requests'
import { kindLabels } from '../campaign/labels'
import { ProblemAlert } from '../components/problem-alert'
import { channelLabels } from '../delivery/labels'
import { useContactPolicy } from '../components/zoned-time-input'
import { useLocale } from '../locales/i18n'
import { useReportPeriod } from './report-period'

const PERIOD_PRESETS = [7, 30, 90]

export function ReportFilters({
  path,
  by = ['kind'],
  extra,
  children,
}: {
  path: string
  by?: ('kind' | 'channel' | 'vertical')[]
  extra?: Record<string, string | undefined>
  children?: ReactNode
}) {
  const { t, plural, day } = useLocale()
  const { from, to, days, kind, channel, vertical, before, filters } = useReportPeriod()
  const [error, setError] = useState<unknown>()
  const last = (span: number) =>
    filters.set({ from: isoDay(stackTime() - (span - 1) * DAY_MS), to: isoDay(stackTime()) })
  const asked = {
    from,
    to,
    kind: by.includes('kind') ? kind : undefined,
    channel: by.includes('channel') ? channel : undefined,
    vertical: by.includes('vertical') ? vertical : undefined,
    ...extra,
    format: 'csv',
  }
  const query = new URLSearchParams(
    Object.entries(asked).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  )
  const zone = useContactPolicy().data?.tenant_zone
  const zoneNote = zone && t('Days of {zone}', { zone })
  const wantVertical = (value: string) => {
    if (value.trim() !== (vertical ?? '')) filters.set({ vertical: value.trim() })
  }
  return (
    <>
      <Group align="flex-end" className="no-print">
        <TextInput
          type="date"
          label={t('From')}
          description={zoneNote}
          value={from}
          max={to}
          onChange={({ currentTarget }) =>
            currentTarget.value && filters.set({ from: currentTarget.value })
          }
        />
        <TextInput
          type="date"
          label={t('Until')}
          description={zoneNote}
          value={to}
          min={from}
          onChange={({ currentTarget }) =>
            currentTarget.value && filters.set({ to: currentTarget.value, from })
          }
        />
        <Button.Group aria-label={t('Period')}>
          {PERIOD_PRESETS.map((span) => (
            <Button
              key={span}
              variant="default"
              aria-pressed={span === days && to === isoDay(stackTime())}
              onClick={() => last(span)}
            >
              {plural(span, '1 day', '{n} days')}
            </Button>
          ))}
        </Button.Group>
        {by.includes('kind') && (
          <Select
            label={t('Kind')}
            w={150}
            allowDeselect={false}
            value={kind ?? ''}
            onChange={(value) => filters.set({ kind: value ?? undefined })}
            data={[
              { value: '', label: t('Both') },
              ...Object.entries(kindLabels).map(([value, label]) => ({ value, label: t(label) })),
            ]}
          />
        )}
        {by.includes('channel') && (
          <Select
            label={t('Channel')}
            w={130}
            allowDeselect={false}
            value={channel ?? ''}
            onChange={(value) => filters.set({ channel: value ?? undefined })}
            data={[
              { value: '', label: t('All') },
              ...Object.entries(channelLabels).map(([value, label]) => ({
                value,
                label: t(label),
              })),
            ]}
          />
        )}
        {by.includes('vertical') && (
          <TextInput
            label={t('Vertical')}
            placeholder={t('every')}
            w={130}
            defaultValue={vertical}
            key={vertical}
            onBlur={({ currentTarget }) => wantVertical(currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') wantVertical(event.currentTarget.value)
            }}
          />
        )}
        {children}
        <Button
          variant="default"
          onClick={() => {
            setError(undefined)
            downloadCsv(
              `/v1/reports/voucher-campaigns/${path}?${query}`,
              `${path}-${from}-${to}.csv`,
            ).catch(setError)
          }}
        >
          {t('Export CSV')}
        </Button>
        <Button variant="default" onClick={() => window.print()}>
          {t('Print')}
        </Button>
      </Group>
      <Text className="print-only">
        {[
          `${day(from)} – ${day(to)}`,
          kind && t(kindLabels[kind]),
          channel && t(channelLabels[channel]),
          vertical,
        ]
          .filter(Boolean)
          .join(' · ')}
      </Text>
      <Text size="sm" c="dimmed">
        {t('Compared with {from} – {to}, as many days before.', {
          from: day(before.from),
          to: day(before.to),
        })}
      </Text>
      {error ? <ProblemAlert error={error} /> : null}
    </>
  )
}

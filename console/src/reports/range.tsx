// The period of a report: in the address, with the usual spans one press away, and the period before it for comparison.
import { now } from '../app/config'
import { Button, Group, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Kind } from '../client'
import { download } from '../app/api'
import { useWords } from '../app/i18n'
import { ProblemNote } from '../app/parts'
import { useFilters } from '../app/search'

const DAY = 86_400_000
const iso = (time: number) => new Date(time).toISOString().slice(0, 10)

export function useRange() {
  const filters = useFilters()
  const to = filters.text('to') ?? iso(now())
  const from = filters.text('from') ?? iso(Date.parse(to) - 29 * DAY)
  const days = Math.max(1, Math.round((Date.parse(to) - Date.parse(from)) / DAY) + 1)
  const kind = (['promotion', 'autopilot'] as Kind[]).find((one) => one === filters.text('kind'))
  return { from, to, days, kind, before: { from: iso(Date.parse(from) - days * DAY), to: iso(Date.parse(from) - DAY) }, filters }
}

export function RangeBar({ path }: { path: string }) {
  const { t } = useWords()
  const { from, to, kind, filters } = useRange()
  const [error, setError] = useState<unknown>()
  const last = (days: number) => filters.set({ from: iso(now() - (days - 1) * DAY), to: iso(now()) })
  const query = new URLSearchParams({ from, to, ...(kind ? { kind } : {}), format: 'csv' })
  return (
    <>
      <Group align="flex-end" className="no-print">
        <TextInput type="date" label={t('From')} value={from} max={to} onChange={({ currentTarget }) => currentTarget.value && filters.set({ from: currentTarget.value })} />
        <TextInput type="date" label={t('Until')} value={to} min={from} onChange={({ currentTarget }) => currentTarget.value && filters.set({ to: currentTarget.value })} />
        <Button.Group>{[7, 30, 90].map((days) => <Button key={days} variant="default" onClick={() => last(days)}>{t('{n} days', { n: days })}</Button>)}</Button.Group>
        <Select label={t('Kind')} w={150} allowDeselect={false} value={kind ?? ''} onChange={(value) => filters.set({ kind: value ?? undefined })} data={[{ value: '', label: t('Both') }, { value: 'promotion', label: t('Promotion') }, { value: 'autopilot', label: t('Autopilot') }]} />
        <Button variant="default" onClick={() => { setError(undefined); download(`/v1/reports/voucher-campaigns/${path}?${query}`, `${path}-${from}-${to}.csv`).catch(setError) }}>{t('As CSV')}</Button>
        <Button variant="default" onClick={() => window.print()}>{t('Print')}</Button>
      </Group>
      {error ? <ProblemNote error={error} /> : null}
    </>
  )
}

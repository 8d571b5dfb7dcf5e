// The period and filters of a report: in the address, with the usual spans one press away, and the period before it for comparison.
import { now } from '../app/config'
import { Button, Group, Select, Text, TextInput } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import type { Channel, Kind } from '../client'
import { download } from '../app/api'
import { dayOf } from '../app/chart'
import { useWords } from '../app/i18n'
import { channelWords, kindWords, ProblemNote } from '../app/parts'
import { useFilters } from '../app/search'

const DAY = 86_400_000
const SPANS = [7, 30, 90]

export function useRange() {
  const filters = useFilters()
  const to = filters.text('to') ?? dayOf(now())
  const from = filters.text('from') ?? dayOf(Date.parse(to) - 29 * DAY)
  const days = Math.max(1, Math.round((Date.parse(to) - Date.parse(from)) / DAY) + 1)
  const kind = (['promotion', 'autopilot'] as Kind[]).find((one) => one === filters.text('kind'))
  const channel = (Object.keys(channelWords) as Channel[]).find((one) => one === filters.text('channel'))
  const vertical = filters.text('vertical')
  return { from, to, days, kind, channel, vertical, before: { from: dayOf(Date.parse(from) - days * DAY), to: dayOf(Date.parse(from) - DAY) }, filters }
}

export function RangeBar({ path, by = ['kind'], extra, children }: { path: string; by?: ('kind' | 'channel' | 'vertical')[]; extra?: Record<string, string | undefined>; children?: ReactNode }) {
  const { t, day } = useWords()
  const { from, to, days, kind, channel, vertical, before, filters } = useRange()
  const [error, setError] = useState<unknown>()
  const last = (span: number) => filters.set({ from: dayOf(now() - (span - 1) * DAY), to: dayOf(now()) })
  const asked = { from, to, kind: by.includes('kind') ? kind : undefined, channel: by.includes('channel') ? channel : undefined, vertical: by.includes('vertical') ? vertical : undefined, ...extra, format: 'csv' }
  const query = new URLSearchParams(Object.entries(asked).flatMap(([name, value]) => (value ? [[name, value]] : [])))
  const wantVertical = (value: string) => { if (value.trim() !== (vertical ?? '')) filters.set({ vertical: value.trim() }) }
  return (
    <>
      <Group align="flex-end" className="no-print">
        <TextInput type="date" label={t('From')} value={from} max={to} onChange={({ currentTarget }) => currentTarget.value && filters.set({ from: currentTarget.value })} />
        <TextInput type="date" label={t('Until')} value={to} min={from} onChange={({ currentTarget }) => currentTarget.value && filters.set({ to: currentTarget.value, from })} />
        <Button.Group aria-label={t('Period')}>{SPANS.map((span) => <Button key={span} variant="default" aria-pressed={span === days && to === dayOf(now())} onClick={() => last(span)}>{t('{n} days', { n: span })}</Button>)}</Button.Group>
        {by.includes('kind') && <Select label={t('Kind')} w={150} allowDeselect={false} value={kind ?? ''} onChange={(value) => filters.set({ kind: value ?? undefined })} data={[{ value: '', label: t('Both') }, ...Object.entries(kindWords).map(([value, label]) => ({ value, label: t(label) }))]} />}
        {by.includes('channel') && <Select label={t('Channel')} w={130} allowDeselect={false} value={channel ?? ''} onChange={(value) => filters.set({ channel: value ?? undefined })} data={[{ value: '', label: t('All') }, ...Object.entries(channelWords).map(([value, label]) => ({ value, label: t(label) }))]} />}
        {by.includes('vertical') && <TextInput label={t('Vertical')} placeholder={t('every')} w={130} defaultValue={vertical} key={vertical} onBlur={({ currentTarget }) => wantVertical(currentTarget.value)} onKeyDown={(event) => { if (event.key === 'Enter') wantVertical(event.currentTarget.value) }} />}
        {children}
        <Button variant="default" onClick={() => { setError(undefined); download(`/v1/reports/voucher-campaigns/${path}?${query}`, `${path}-${from}-${to}.csv`).catch(setError) }}>{t('As CSV')}</Button>
        <Button variant="default" onClick={() => window.print()}>{t('Print')}</Button>
      </Group>
      <Text className="print-only">{[`${day(from)} – ${day(to)}`, kind && t(kindWords[kind]), channel && t(channelWords[channel]), vertical].filter(Boolean).join(' · ')}</Text>
      <Text size="sm" c="dimmed">{t('Compared with {from} – {to}, as many days before.', { from: day(before.from), to: day(before.to) })}</Text>
      {error ? <ProblemNote error={error} /> : null}
    </>
  )
}

/** Below this share a number is the same as before. */
const SAME = 0.0005

/** How a number stands against the period before: `change` alone, its sign kept before it where text runs from right to left; `against` in words. Nothing where
    there was nothing. */
export function useAgainst() {
  const { t, percent } = useWords()
  const change = (now: number | null | undefined, then: number | null | undefined) => {
    if (now == null || !then) return undefined
    const by = Math.abs(now - then)
    return by / Math.abs(then) < SAME ? '=' : `\u2066${now >= then ? '+' : '−'}${percent(by, Math.abs(then))}\u2069`
  }
  const against = (now: number | null | undefined, then: number | null | undefined) => {
    const by = change(now, then)
    return by === '=' ? t('as in the period before') : by && t('{change} against the period before', { change: by })
  }
  return { change, against }
}

// Inputs of the draft, each at its JSON pointer: they show what the API says of that place.
import { Checkbox, NumberInput, Select, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import { digits, useWords } from '../app/i18n'
import { useSession } from '../app/session'
import type { Json } from '../app/pointer'
import { useDraft } from './draft'

interface Place { at: string; label: string; hint?: string; required?: boolean }

export function TextAt({ at, label, hint, required, long, rows = 3, maxLength }: Place & { long?: boolean; rows?: number; maxLength?: number }) {
  const { get, set, wrong } = useDraft()
  const value = get(at)
  const shared = {
    label, description: hint, required, maxLength, error: wrong(at), value: typeof value === 'string' ? value : '', dir: 'auto' as const,
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) => set(at, currentTarget.value === '' && !required ? undefined : currentTarget.value),
  }
  return long ? <Textarea {...shared} autosize minRows={rows} maxRows={14} /> : <TextInput {...shared} />
}

export function NumberAt({ at, label, hint, required, min, max, suffix }: Place & { min?: number; max?: number; suffix?: string }) {
  const { get, set, wrong } = useDraft()
  const value = get(at)
  return (
    <NumberInput label={label} description={hint} required={required} min={min} max={max} clampBehavior="none" suffix={suffix} error={wrong(at)} maw={260}
      value={typeof value === 'number' ? value : ''} hideControls onChange={(next) => set(at, next === '' ? undefined : Number(next))} />
  )
}

/** An amount in the units people write; stored in minor units. */
export function MoneyAt({ at, label, hint, required }: Place) {
  const { get, set, wrong } = useDraft()
  const { currency: own } = useSession()
  const money = get(at) as { amount?: number; currency?: string } | undefined
  const currency = money?.currency ?? own
  const scale = digits(currency)
  return (
    <NumberInput label={label} description={hint} required={required} min={0} decimalScale={scale} hideControls error={wrong(at, true)} maw={260}
      rightSection={<span style={{ fontSize: 12 }}>{currency}</span>} rightSectionWidth={48} value={typeof money?.amount === 'number' ? money.amount / 10 ** scale : ''}
      onChange={(next) => set(at, next === '' ? undefined : { amount: Math.round(Number(next) * 10 ** scale), currency })} />
  )
}

/** A moment, in the zone of this browser. */
export function MomentAt({ at, label, hint }: Place) {
  const { t } = useWords()
  const { get, set, wrong } = useDraft()
  const value = get(at)
  const local = (moment: string) => {
    const there = new Date(moment)
    return new Date(there.getTime() - there.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return (
    <TextInput type="datetime-local" label={label} description={hint ?? t('Your time zone: {zone}', { zone })} error={wrong(at)} maw={260}
      value={typeof value === 'string' ? local(value) : ''}
      onChange={({ currentTarget }) => set(at, currentTarget.value ? new Date(currentTarget.value).toISOString() : undefined)} />
  )
}

export function DayAt({ at, label }: Place) {
  const { get, set, wrong } = useDraft()
  const value = get(at)
  return <TextInput type="date" label={label} error={wrong(at)} value={typeof value === 'string' ? value : ''} maw={200}
    onChange={({ currentTarget }) => set(at, currentTarget.value || undefined)} />
}

export function ListAt({ at, label, hint }: Place) {
  const { get, set, wrong } = useDraft()
  const value = get(at)
  return <TagsInput label={label} description={hint} error={wrong(at, true)} value={Array.isArray(value) ? value.map(String) : []} splitChars={[',', ' ', '\n']}
    onChange={(next) => set(at, next.length === 0 ? undefined : next)} />
}

export function CheckAt({ at, label, hint }: Place) {
  const { get, set, wrong } = useDraft()
  return <Checkbox label={label} description={hint} error={wrong(at)} checked={get(at) === true} onChange={({ currentTarget }) => set(at, currentTarget.checked ? true : undefined)} />
}

/** One of several shapes: choosing another puts that shape's first value there. */
export function ShapeAt({ at, label, shapes }: Place & { shapes: { key: string; label: string; first: Json }[] }) {
  const { get, set, wrong } = useDraft()
  const value = get(at)
  const key = value !== null && typeof value === 'object' ? Object.keys(value)[0] : undefined
  return <Select label={label} error={wrong(at)} allowDeselect={false} maw={420} value={shapes.some((shape) => shape.key === key) ? key! : null}
    data={shapes.map((shape) => ({ value: shape.key, label: shape.label }))}
    onChange={(next) => { const shape = shapes.find((one) => one.key === next); if (shape) set(at, { [shape.key]: shape.first }) }} />
}

/** Many ids, one a line or pasted in any shape: a thousand of them as separate pieces would be slow, and nobody could read them. */
export function IdsAt({ at, label, hint }: Place) {
  const { t, number } = useWords()
  const { get, set, wrong } = useDraft()
  const value = get(at)
  const [text, setText] = useState(Array.isArray(value) ? value.join('\n') : '')
  const ids = [...new Set(text.split(/[\s,;]+/).filter(Boolean))]
  return <Textarea label={label} description={`${hint} ${t('Customers: {n}', { n: number(ids.length) })}`} autosize minRows={2} maxRows={10} dir="ltr" value={text} error={wrong(at, true)}
    onChange={({ currentTarget }) => {
      setText(currentTarget.value)
      const next = [...new Set(currentTarget.value.split(/[\s,;]+/).filter(Boolean))]
      set(at, next.length === 0 ? undefined : next)
    }} />
}

/** Points as lines of latitude and longitude. */
export function PointsAt({ at, label, hint }: Place) {
  const { get, set, wrong } = useDraft()
  const points = (get(at) ?? []) as { lat: number; lon: number }[]
  const [text, setText] = useState(points.map(({ lat, lon }) => `${lat}, ${lon}`).join('\n'))
  const [bad, setBad] = useState(false)
  const { t } = useWords()
  useEffect(() => setBad(false), [at])
  return <Textarea label={label} description={hint} autosize minRows={2} value={text} dir="ltr" error={bad ? t('Write each place as latitude, longitude') : wrong(at, true)}
    onChange={({ currentTarget }) => {
      setText(currentTarget.value)
      const lines = currentTarget.value.split('\n').filter((line) => line.trim() !== '').map((line) => line.split(',').map(Number))
      const good = lines.every((line) => line.length === 2 && line.every(Number.isFinite))
      setBad(!good)
      if (good) set(at, lines.map(([lat, lon]) => ({ lat: lat!, lon: lon! })))
    }} />
}

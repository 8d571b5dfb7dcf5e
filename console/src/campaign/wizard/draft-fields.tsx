// Provides the inputs of the draft. Each edits the place at its JSON pointer and shows the API's
// complaint about it.
import { Checkbox, NumberInput, Select, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { JsonValue } from '../../api/json-pointer'
import { useSession } from '../../app/session'
import { currencyDigits, useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'

interface FieldProps {
  at: string
  label: string
  hint?: string
  required?: boolean
}

export function TextField({
  at,
  label,
  hint,
  required,
  long,
  rows = 3,
  maxLength,
}: FieldProps & { long?: boolean; rows?: number; maxLength?: number }) {
  const { get, set, errorAt } = useDraft()
  const value = get(at)
  const shared = {
    label,
    description: hint,
    required,
    maxLength,
    error: errorAt(at),
    value: typeof value === 'string' ? value : '',
    dir: 'auto' as const,
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) =>
      set(at, currentTarget.value === '' && !required ? undefined : currentTarget.value),
  }
  return long ? (
    <Textarea {...shared} autosize minRows={rows} maxRows={14} />
  ) : (
    <TextInput {...shared} />
  )
}

export function NumberField({
  at,
  label,
  hint,
  required,
  min,
  max,
  suffix,
}: FieldProps & { min?: number; max?: number; suffix?: string }) {
  const { get, set, errorAt } = useDraft()
  const value = get(at)
  return (
    <NumberInput
      label={label}
      description={hint}
      required={required}
      min={min}
      max={max}
      clampBehavior="none"
      suffix={suffix}
      error={errorAt(at)}
      maw={260}
      value={typeof value === 'number' ? value : ''}
      hideControls
      onChange={(next) => set(at, next === '' ? undefined : Number(next))}
    />
  )
}

/** Edits an amount of money in the units people write; the draft holds minor units. */
export function MoneyField({ at, label, hint, required }: FieldProps) {
  const { get, set, errorAt } = useDraft()
  const { currency: own } = useSession()
  const money = get(at) as { amount?: number; currency?: string } | undefined
  const currency = money?.currency ?? own
  const scale = currencyDigits(currency)
  return (
    <NumberInput
      label={label}
      description={hint}
      required={required}
      min={0}
      decimalScale={scale}
      hideControls
      error={errorAt(at, true)}
      maw={260}
      rightSection={<span style={{ fontSize: 12 }}>{currency}</span>}
      rightSectionWidth={48}
      value={typeof money?.amount === 'number' ? money.amount / 10 ** scale : ''}
      onChange={(next) =>
        set(
          at,
          next === '' ? undefined : { amount: Math.round(Number(next) * 10 ** scale), currency },
        )
      }
    />
  )
}

/** Edits a date and time in this browser's time zone. */
export function DateTimeField({ at, label, hint }: FieldProps) {
  const { t } = useLocale()
  const { get, set, errorAt } = useDraft()
  const value = get(at)
  const local = (moment: string) => {
    const there = new Date(moment)
    return new Date(there.getTime() - there.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return (
    <TextInput
      type="datetime-local"
      label={label}
      description={hint ?? t('Your time zone: {zone}', { zone })}
      error={errorAt(at)}
      maw={260}
      value={typeof value === 'string' ? local(value) : ''}
      onChange={({ currentTarget }) =>
        set(at, currentTarget.value ? new Date(currentTarget.value).toISOString() : undefined)
      }
    />
  )
}

export function DateField({ at, label }: FieldProps) {
  const { get, set, errorAt } = useDraft()
  const value = get(at)
  return (
    <TextInput
      type="date"
      label={label}
      error={errorAt(at)}
      value={typeof value === 'string' ? value : ''}
      maw={200}
      onChange={({ currentTarget }) => set(at, currentTarget.value || undefined)}
    />
  )
}

/** Edits a list of names. With `spaces` a name can hold them. */
export function TagListField({ at, label, hint, spaces }: FieldProps & { spaces?: boolean }) {
  const { get, set, errorAt } = useDraft()
  const value = get(at)
  return (
    <TagsInput
      label={label}
      description={hint}
      error={errorAt(at, true)}
      value={Array.isArray(value) ? value.map(String) : []}
      splitChars={spaces ? [',', '\n'] : [',', ' ', '\n']}
      onChange={(next) => set(at, next.length === 0 ? undefined : next)}
    />
  )
}

export function CheckboxField({ at, label, hint }: FieldProps) {
  const { get, set, errorAt } = useDraft()
  return (
    <Checkbox
      label={label}
      description={hint}
      error={errorAt(at)}
      checked={get(at) === true}
      onChange={({ currentTarget }) => set(at, currentTarget.checked ? true : undefined)}
    />
  )
}

/**
 * Chooses one of several shapes. Another choice replaces the value by that shape's initial one,
 * unless `pick` changes more than this place.
 */
export function ShapeSelect({
  at,
  label,
  shapes,
  pick,
}: FieldProps & {
  shapes: { key: string; label: string; first: JsonValue }[]
  pick?: (value: JsonValue) => void
}) {
  const { get, set, errorAt } = useDraft()
  const value = get(at)
  const key = value !== null && typeof value === 'object' ? Object.keys(value)[0] : undefined
  return (
    <Select
      label={label}
      error={errorAt(at)}
      allowDeselect={false}
      maw={420}
      value={shapes.some((shape) => shape.key === key) ? key! : null}
      data={shapes.map((shape) => ({ value: shape.key, label: shape.label }))}
      onChange={(next) => {
        const shape = shapes.find((one) => one.key === next)
        if (!shape) return
        const first = { [shape.key]: shape.first }
        if (pick) pick(first)
        else set(at, first)
      }}
    />
  )
}

/**
 * Edits many ids as lines of text, or pasted in any shape. A thousand separate tags would be slow
 * and hard to read.
 */
export function IdListField({ at, label, hint }: FieldProps) {
  const { t, number } = useLocale()
  const { get, set, errorAt } = useDraft()
  const value = get(at)
  const [text, setText] = useState(Array.isArray(value) ? value.join('\n') : '')
  const ids = [...new Set(text.split(/[\s,;]+/).filter(Boolean))]
  return (
    <Textarea
      label={label}
      description={`${hint} ${t('Customers: {n}', { n: number(ids.length) })}`}
      autosize
      minRows={2}
      maxRows={10}
      dir="ltr"
      value={text}
      error={errorAt(at, true)}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value)
        const next = [...new Set(currentTarget.value.split(/[\s,;]+/).filter(Boolean))]
        set(at, next.length === 0 ? undefined : next)
      }}
    />
  )
}

/** Edits points as lines of latitude and longitude. */
export function PointListField({ at, label, hint }: FieldProps) {
  const { get, set, errorAt } = useDraft()
  const points = (get(at) ?? []) as { lat: number; lon: number }[]
  const [text, setText] = useState(points.map(({ lat, lon }) => `${lat}, ${lon}`).join('\n'))
  const [bad, setBad] = useState(false)
  const { t } = useLocale()
  useEffect(() => setBad(false), [at])
  return (
    <Textarea
      label={label}
      description={hint}
      autosize
      minRows={2}
      value={text}
      dir="ltr"
      error={bad ? t('Write each place as latitude, longitude') : errorAt(at, true)}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value)
        const lines = currentTarget.value
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map((line) => line.split(',').map(Number))
        const good = lines.every((line) => line.length === 2 && line.every(Number.isFinite))
        setBad(!good)
        if (good)
          set(
            at,
            lines.map(([lat, lon]) => ({ lat: lat!, lon: lon! })),
          )
      }}
    />
  )
}

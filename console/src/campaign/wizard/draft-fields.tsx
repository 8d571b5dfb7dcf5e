// Provides the inputs of the draft. Each edits the place at its JSON pointer and shows the API's
// complaint about it.
import { Checkbox, Group, Select, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { JsonValue } from '../../api/json-pointer'
import type { TextLimit } from '../../api/text-limits'
import { useSession } from '../../app/session'
import { CountedTextarea, CountedTextInput } from '../../components/counted-text'
import { TypedMoneyInput, TypedNumberInput } from '../../components/typed-number-input'
import { ZonedTimeInput } from '../../components/zoned-time-input'
import { currencyDigits, useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'
import { readCustomerIds } from './customer-ids'
import { type GeoPoint, keepNames, readPoint, writePoint } from './points'
import { HOURS_PER_DAY, unitOfHours } from '../validity-units'

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
  limit,
}: FieldProps & { long?: boolean; rows?: number; limit?: TextLimit }) {
  const { get, set, errorAt, leave } = useDraft()
  const value = get(at)
  const shared = {
    label,
    description: hint,
    required,
    limit,
    error: errorAt(at),
    value: typeof value === 'string' ? value : '',
    dir: 'auto' as const,
    'data-at': at,
    onBlur: () => leave(at),
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) =>
      set(at, currentTarget.value === '' && !required ? undefined : currentTarget.value),
  }
  return long ? (
    <CountedTextarea {...shared} autosize minRows={rows} maxRows={14} />
  ) : (
    <CountedTextInput {...shared} />
  )
}

/** Returns what an input for numbers needs to keep a text that cannot be read with the draft. */
function useUnread(at: string) {
  const { unreadAt, reportUnread } = useDraft()
  return {
    unread: unreadAt(at),
    onUnread: (text?: string, message?: string) => reportUnread(at, text, message),
  }
}

export function NumberField({
  at,
  label,
  hint,
  required,
  digits,
  unit,
}: FieldProps & { digits?: number; unit?: string }) {
  const { get, set, errorAt, leave } = useDraft()
  const value = get(at)
  return (
    <TypedNumberInput
      {...useUnread(at)}
      label={label}
      description={hint}
      required={required}
      digits={digits}
      unit={unit}
      error={errorAt(at)}
      maw={260}
      value={typeof value === 'number' ? value : undefined}
      onBlur={() => leave(at)}
      onChange={(next) => set(at, next)}
    />
  )
}

/** Edits a number of hours in days or hours, whichever the operator counts in. */
export function HoursField({ at, label, hint, required }: FieldProps) {
  const { t } = useLocale()
  const { get, set, errorAt, leave } = useDraft()
  const value = get(at)
  const hours = typeof value === 'number' ? value : undefined
  const [unit, setUnit] = useState(unitOfHours(hours))
  const inUnit = unit === 'days' ? HOURS_PER_DAY : 1
  return (
    <Group align="flex-end" gap={4} wrap="nowrap">
      <TypedNumberInput
        {...useUnread(at)}
        label={label}
        description={hint}
        required={required}
        digits={unit === 'days' ? 3 : 0}
        error={errorAt(at)}
        w={150}
        value={hours === undefined ? undefined : hours / inUnit}
        onBlur={() => leave(at)}
        onChange={(next) => set(at, next === undefined ? undefined : Math.round(next * inUnit))}
      />
      <Select
        aria-label={t('Unit of “{field}”', { field: label })}
        w={100}
        allowDeselect={false}
        value={unit}
        data={[
          { value: 'days', label: t('days') },
          { value: 'hours', label: t('hours') },
        ]}
        onChange={(next) => next && setUnit(next as 'days' | 'hours')}
      />
    </Group>
  )
}

/** Edits an amount of money in the units people write; the draft holds minor units. */
export function MoneyField({ at, label, hint, required }: FieldProps) {
  const { get, set, errorAt, leave } = useDraft()
  const { currency: own } = useSession()
  const money = get(at) as { amount?: number; currency?: string } | undefined
  const currency = money?.currency ?? own
  return (
    <TypedMoneyInput
      {...useUnread(at)}
      label={label}
      description={hint}
      required={required}
      currency={currency}
      scale={currencyDigits(currency)}
      error={errorAt(at, true)}
      maw={260}
      value={typeof money?.amount === 'number' ? money.amount : undefined}
      onBlur={() => leave(at)}
      onChange={(amount) => set(at, amount === undefined ? undefined : { amount, currency })}
    />
  )
}

/** Edits a moment on the clock of this browser's zone. */
export function DateTimeField({ at, label, hint }: FieldProps) {
  const { get, set, errorAt, leave } = useDraft()
  const value = get(at)
  return (
    <ZonedTimeInput
      label={label}
      hint={hint}
      error={errorAt(at)}
      value={typeof value === 'string' ? value : undefined}
      onBlur={() => leave(at)}
      onChange={(moment) => set(at, moment)}
    />
  )
}

/** Edits a day of the customer's own calendar. */
export function DateField({ at, label }: FieldProps) {
  const { t } = useLocale()
  const { get, set, errorAt, leave } = useDraft()
  const value = get(at)
  return (
    <TextInput
      type="date"
      label={label}
      description={t('In each customer’s time zone.')}
      error={errorAt(at)}
      value={typeof value === 'string' ? value : ''}
      maw={200}
      onBlur={() => leave(at)}
      onChange={({ currentTarget }) => set(at, currentTarget.value || undefined)}
    />
  )
}

/** Edits a list of names. With `spaces` a name can hold them. */
export function TagListField({ at, label, hint, spaces }: FieldProps & { spaces?: boolean }) {
  const { get, set, errorAt, leave } = useDraft()
  const value = get(at)
  return (
    <TagsInput
      label={label}
      description={hint}
      error={errorAt(at, true)}
      value={Array.isArray(value) ? value.map(String) : []}
      onBlur={() => leave(at)}
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
  const { get, set, errorAt, leave } = useDraft()
  const value = get(at)
  const [text, setText] = useState(Array.isArray(value) ? value.join('\n') : '')
  const { ids, invalid, columns } = readCustomerIds(text)
  return (
    <Textarea
      label={label}
      description={`${hint} ${t('Customers: {n}', { n: number(ids.length) })}`}
      autosize
      minRows={2}
      maxRows={10}
      dir="ltr"
      value={text}
      error={
        columns > 1
          ? t('These lines have {n} columns. Paste the column with the ids alone.', {
              n: number(columns),
            })
          : invalid.length > 0
            ? t('Not customer ids: {list}', { list: invalid.slice(0, 3).join(', ') })
            : errorAt(at, true)
      }
      onBlur={() => leave(at)}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value)
        const next = readCustomerIds(currentTarget.value).ids
        set(at, next.length === 0 ? undefined : next)
      }}
    />
  )
}

const textLines = (text: string) => text.split('\n').filter((line) => line.trim() !== '')

/** Edits points as lines of latitude and longitude. */
export function PointListField({ at, label, hint }: FieldProps) {
  const { get, set, errorAt, leave, unreadAt, reportUnread } = useDraft()
  const points = (get(at) ?? []) as GeoPoint[]
  const [text, setText] = useState(unreadAt(at) ?? points.map(writePoint).join('\n'))
  const [left, setLeft] = useState(false)
  const { t } = useLocale()
  useEffect(() => setLeft(false), [at])
  const message = (line: string) => t('Not a place: “{line}”. Enter latitude, longitude.', { line })
  const unreadable = textLines(text).find((line) => !readPoint(line))
  return (
    <Textarea
      label={label}
      description={hint}
      autosize
      minRows={2}
      value={text}
      dir="ltr"
      error={left && unreadable !== undefined ? message(unreadable) : errorAt(at, true)}
      onBlur={() => {
        setLeft(true)
        leave(at)
      }}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value)
        const lines = textLines(currentTarget.value)
        const read = lines.map(readPoint)
        const bad = lines.find((_, place) => !read[place])
        if (bad === undefined)
          set(at, keepNames(read as GeoPoint[], points) as unknown as JsonValue)
        else reportUnread(at, currentTarget.value, message(bad))
      }}
    />
  )
}

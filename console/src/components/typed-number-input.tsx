// Takes a number as the operator writes it: with the groups and the decimal mark of their language,
// in any digits. A text that is no number, or that can mean two, has no value: it stays in the input
// with what is wrong with it, and holds back the form around it.
import { TextInput } from '@mantine/core'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { type LocaleFormatter, useLocale } from '../locales/i18n'
import {
  meanings,
  type NumberShape,
  operatorStyles,
  type ReadNumber,
  readNumber,
  writeNumber,
} from '../locales/typed-number'

const stylesByRegion = new Map<string, ReturnType<typeof operatorStyles>>()

/** Returns how this operator writes numbers, read from the browser once for each regional tag. */
export function stylesOf(region: string) {
  const known = stylesByRegion.get(region) ?? operatorStyles(region)
  stylesByRegion.set(region, known)
  return known
}

/** Says what is wrong with a typed number, and how to write it. */
export function numberMessage(
  problem: NonNullable<ReadNumber['problem']>,
  typed: string,
  shape: NumberShape,
  { t, number, region }: LocaleFormatter,
): string {
  switch (problem) {
    case 'not_a_number':
      return t('Enter a number, such as {example}.', {
        example: number(shape.digits > 0 ? 1234.5 : 1234),
      })
    case 'two_meanings': {
      const write = (value: number) => writeNumber(value, { digits: 6 }, region, stylesOf(region))
      const [grouped, decimal] = meanings(typed)
      return t('This can mean {one} or {other}. Enter one of these.', {
        one: String(grouped),
        other: write(decimal),
      })
    }
    case 'too_precise':
      return shape.digits === 0
        ? t('Enter a whole number.')
        : t('Use up to {n} decimal places.', { n: number(shape.digits) })
    case 'too_large':
      return t('This is too large.')
  }
}

export interface TypedNumberProps {
  label: ReactNode
  description?: ReactNode
  required?: boolean
  /** The most digits after the decimal mark; a count has none. */
  digits?: number
  /** The unit that stands in the input: a currency's code, or `%`. */
  unit?: string
  placeholder?: string
  value: number | undefined
  error?: ReactNode
  maw?: number
  w?: number
  onChange: (value: number | undefined) => void
  onBlur?: () => void
  /** A text that was left unread in another place, as after a change of the step. */
  unread?: string
  /** Told of a text without a value, and of its end. */
  onUnread?: (text: string | undefined, message: string | undefined) => void
}

export function TypedNumberInput({
  digits = 0,
  unit,
  value,
  error,
  onChange,
  onBlur,
  unread,
  onUnread,
  ...looks
}: TypedNumberProps) {
  const locale = useLocale()
  const { region } = locale
  const styles = stylesOf(region)
  const shape: NumberShape = { digits, units: unit ? [unit] : [] }
  const written = writeNumber(value, shape, region, styles)
  const [text, setText] = useState(unread ?? written)
  const [writing, setWriting] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const read = readNumber(text, shape, styles)
  // While nobody writes in it, the input follows the value: it may have been changed elsewhere.
  if (!writing && !read.problem && text !== written) setText(written)
  const message = read.problem && numberMessage(read.problem, text, shape, locale)
  useEffect(() => input.current?.setCustomValidity(message ?? ''), [message])
  return (
    <TextInput
      {...looks}
      ref={input}
      inputMode={digits > 0 ? 'decimal' : 'numeric'}
      autoComplete="off"
      rightSection={unit && <span style={{ fontSize: 12 }}>{unit}</span>}
      rightSectionWidth={unit ? 48 : undefined}
      value={text}
      error={writing ? error : (message ?? error)}
      onFocus={() => setWriting(true)}
      onChange={({ currentTarget }) => {
        const typed = currentTarget.value
        const next = readNumber(typed, shape, styles)
        setText(typed)
        setWriting(true)
        if (next.problem) onUnread?.(typed, numberMessage(next.problem, typed, shape, locale))
        else {
          onUnread?.(undefined, undefined)
          onChange(next.value)
        }
      }}
      onBlur={() => {
        setWriting(false)
        onBlur?.()
      }}
      onInvalid={(event) => {
        // The sentence stands below the input; the browser's own would say it a second time.
        if (!message) return
        event.preventDefault()
        setWriting(false)
        if (event.currentTarget.form?.querySelector(':invalid') === event.currentTarget)
          event.currentTarget.focus()
      }}
    />
  )
}

/** Takes an amount of money in the units people write; its value is in minor units. */
export function TypedMoneyInput({
  currency,
  scale,
  value,
  onChange,
  ...rest
}: Omit<TypedNumberProps, 'digits' | 'unit'> & { currency: string; scale: number }) {
  return (
    <TypedNumberInput
      {...rest}
      digits={scale}
      unit={currency}
      value={value === undefined ? undefined : value / 10 ** scale}
      onChange={(amount) =>
        onChange(amount === undefined ? undefined : Math.round(amount * 10 ** scale))
      }
    />
  )
}

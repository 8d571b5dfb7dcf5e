// Reads numbers as operators type them and writes them as they read them: every number, percent and
// amount of money of the console goes through here. Guarantees that no text is read in two ways: what
// could mean two numbers is an error that names both, and what was written is read back as it was.

/** What the console and the browser's languages say about writing numbers. */
export interface NumberStyle {
  decimal: string
  group: string
}

export type ReadNumber =
  | { value: number | undefined; problem?: undefined }
  | { problem: 'not_a_number' | 'two_meanings' | 'too_precise' | 'too_large'; value?: undefined }

export interface NumberShape {
  /** The most digits after the decimal mark. A whole number has none. */
  digits: number
  /** Signs of the unit that may stand before or after the number, as `%`, `€` or `EUR`. */
  units?: readonly string[]
}

/** The zeros of the scripts whose digits keyboards write, each followed by its nine others. */
const ZEROS = [...'0٠۰०০੦૦୦௦౦೦൦๐໐༠၀០᠐０'].map((zero) => zero.codePointAt(0)!)
/** Marks that only group digits: spaces of any width, apostrophes, and the Arabic thousands mark. */
const GROUP_MARKS = /[\s\u00a0\u2007-\u200a\u202f'’‘ʼ`´٬]/gu
/** Marks of the writing direction, which copied text carries. */
const DIRECTION_MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
/** A mark that only groups, and one that is only decimal, whichever sign was typed. */
const GROUP = '_'
const DECIMAL = '·'
const WESTERN_GROUPS = /^\d{1,3}(_\d{3})+$/
/** Two digits a group, and three in the last one, as in India. */
const INDIAN_GROUPS = /^\d{1,2}(_\d{2})*_\d{3}$/
const GROUP_SIZE = 3

/** Returns how a language writes numbers, with the marks of this reader: `.` and `,` and groups. */
export function numberStyle(locale: string): NumberStyle {
  try {
    const parts = new Intl.NumberFormat(locale, { useGrouping: true }).formatToParts(1_234_567.5)
    const mark = (type: 'decimal' | 'group') =>
      plainMarks(parts.find((part) => part.type === type)?.value ?? '')
    return { decimal: mark('decimal'), group: mark('group') }
  } catch {
    return { decimal: '.', group: ',' }
  }
}

/** Returns the styles that count for an operator: the console's language, then the browser's. */
export function operatorStyles(language: string, browser?: readonly string[]): NumberStyle[] {
  const known = browser ?? (typeof navigator === 'undefined' ? [] : navigator.languages)
  return [language, ...known].map(numberStyle)
}

/** Replaces what means the same in every script: digits, signs, Arabic marks. Marks that can
 * only be one of the two become `GROUP` and `DECIMAL`. */
function plainMarks(text: string) {
  return [...text.replace(DIRECTION_MARKS, '')]
    .map((letter) => {
      const code = letter.codePointAt(0)!
      const zero = ZEROS.find((first) => code >= first && code < first + 10)
      return zero === undefined ? letter : String(code - zero)
    })
    .join('')
    .replaceAll('،', ',')
    .replaceAll('٫', DECIMAL)
    .replace(/[−﹣－‐–]/gu, '-')
    .replaceAll('٪', '%')
    .replace(GROUP_MARKS, GROUP)
}

/** Takes the unit away, on whichever side it stands. */
function withoutUnit(text: string, units: readonly string[]) {
  let rest = text.trim()
  for (const unit of units) {
    const sign = unit.toLowerCase()
    if (sign === '') continue
    if (rest.toLowerCase().startsWith(sign)) rest = rest.slice(unit.length).trim()
    else if (rest.toLowerCase().endsWith(sign)) rest = rest.slice(0, -unit.length).trim()
  }
  return rest
}

/**
 * Reads a number. `1.000,00`, `1,000.00`, `1 000`, `1’000` and `١٬٠٠٠` are a thousand for everyone,
 * since they can mean nothing else. A single mark before exactly three digits is read as the
 * operator's languages write it; where they do not agree, or none of them writes it so, the text has
 * two meanings and no value.
 */
export function readNumber(typed: string, shape: NumberShape, styles: NumberStyle[]): ReadNumber {
  const text = plainMarks(
    withoutUnit(typed.replace(DIRECTION_MARKS, ''), ['%', '٪', ...(shape.units ?? [])]),
  )
  if (text === '') return { value: undefined }
  const [, sign = '', body = ''] = /^([-+]?)_?(.*)$/u.exec(text) ?? []
  if (!/^[\d.,_·]*\d[\d.,_·]*$/u.test(body)) return { problem: 'not_a_number' }
  const split = splitAtDecimal(body, shape, styles)
  if (typeof split === 'string') return { problem: split }
  return toValue(sign, split, shape)
}

interface SplitNumber {
  whole: string
  fraction: string
}

function splitAtDecimal(
  body: string,
  shape: NumberShape,
  styles: NumberStyle[],
): SplitNumber | 'not_a_number' | 'two_meanings' {
  const mark = decimalMark(body, shape, styles)
  if (mark === 'not_a_number' || mark === 'two_meanings') return mark
  const at = mark ? body.lastIndexOf(mark) : body.length
  const whole = body.slice(0, at).replace(/[.,]/gu, GROUP)
  const fraction = body.slice(at + 1)
  const grouped = WESTERN_GROUPS.test(whole) || INDIAN_GROUPS.test(whole)
  if (!/^\d*$/u.test(fraction) || !(/^\d*$/u.test(whole) || grouped)) return 'not_a_number'
  return { whole: whole.replaceAll(GROUP, ''), fraction }
}

/** Finds which mark, if any, is the decimal one. */
function decimalMark(
  body: string,
  shape: NumberShape,
  styles: NumberStyle[],
): string | undefined | 'not_a_number' | 'two_meanings' {
  const count = (mark: string) => body.split(mark).length - 1
  if (count(DECIMAL) > 0) return count(DECIMAL) === 1 ? DECIMAL : 'not_a_number'
  const marks = ['.', ','].filter((mark) => count(mark) > 0)
  if (marks.length === 0) return undefined
  // Of two kinds the last one is the decimal mark.
  if (marks.length === 2) {
    const last = body.lastIndexOf('.') > body.lastIndexOf(',') ? '.' : ','
    return count(last) === 1 ? last : 'not_a_number'
  }
  const [mark] = marks as [string]
  if (count(mark) > 1) return undefined
  const [before = '', after = ''] = body.split(mark) as [string, string]
  const groupsStandBefore = before.includes(GROUP)
  const canGroup =
    !groupsStandBefore && after.length === GROUP_SIZE && /^[1-9]\d{0,2}$/u.test(before)
  return canGroup ? meaningOfMark(mark, shape, styles) : mark
}

/** Decides what a single mark before three digits means: a decimal mark, a group mark, or both. */
function meaningOfMark(
  mark: string,
  { digits }: NumberShape,
  styles: NumberStyle[],
): string | undefined | 'two_meanings' {
  const groups = styles.some(({ group }) => group === mark)
  // Three digits after the mark of an amount in cents can only be a group.
  const decimal = digits >= GROUP_SIZE && styles.some((style) => style.decimal === mark)
  if (groups === decimal) return 'two_meanings'
  return decimal ? mark : undefined
}

function toValue(sign: string, { whole, fraction }: SplitNumber, shape: NumberShape): ReadNumber {
  const exact = fraction.replace(/0+$/u, '')
  if (exact.length > shape.digits) return { problem: 'too_precise' }
  const scaled = Number(`${whole}${exact.padEnd(shape.digits, '0')}`)
  if (!Number.isSafeInteger(scaled)) return { problem: 'too_large' }
  const value = Number(`${whole || '0'}.${exact || '0'}`)
  return { value: sign === '-' && value !== 0 ? -value : value }
}

/** Returns the two numbers that a text with two meanings can stand for: with a group, and without. */
export function meanings(typed: string): [grouped: number, decimal: number] {
  const text = plainMarks(typed).replace(/[^\d.,]/gu, '')
  return [Number(text.replace(/[.,]/u, '')), Number(text.replace(',', '.'))]
}

/** Writes a number into an input, in the operator's language, so that it is read back as it is. */
export function writeNumber(
  value: number | undefined,
  shape: NumberShape,
  language: string,
  styles: NumberStyle[],
): string {
  if (value === undefined || !Number.isFinite(value)) return ''
  const write = (options: Intl.NumberFormatOptions) =>
    new Intl.NumberFormat(language, { maximumFractionDigits: shape.digits, ...options }).format(
      value,
    )
  const forms = [
    write({ useGrouping: true }),
    write({ useGrouping: false }),
    // One digit more than a group has, where three could be taken for one. Zeros do no harm.
    write({
      useGrouping: false,
      minimumFractionDigits: GROUP_SIZE + 1,
      maximumFractionDigits: Math.max(shape.digits, GROUP_SIZE + 1),
    }),
  ]
  const exact = Number(value.toFixed(shape.digits))
  return forms.find((form) => readNumber(form, shape, styles).value === exact) ?? forms[1]!
}

/**
 * Reads a coordinate or another number in which nobody groups digits, so that a single mark is the
 * decimal one.
 */
export function readUngrouped(typed: string): number | undefined {
  const text = plainMarks(typed.trim()).replaceAll(DECIMAL, '.').replaceAll(',', '.')
  return /^[-+]?\d+(\.\d+)?$/u.test(text) ? Number(text) : undefined
}

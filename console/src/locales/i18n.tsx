// Provides the console's languages. The English text is the key of each translation; the table of
// another language is the file beside this one that bears its code, loaded when it is chosen.
// Everything that shows texts, numbers, money or times depends on it. A test checks that no text
// lacks its translation.
import { DirectionProvider, useDirection } from '@mantine/core'
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from 'react'
import { stackTime } from '../api/clock'

/** The languages of the menu, by their own names. A language is a row here and its table. */
export const languages = [
  { code: 'en', name: 'English', dir: 'ltr' },
  { code: 'ar', name: 'العربية', dir: 'rtl' },
  { code: 'es', name: 'Español', dir: 'ltr' },
  { code: 'de', name: 'Deutsch', dir: 'ltr' },
] as const satisfies { code: string; name: string; dir: 'ltr' | 'rtl' }[]
export type Language = (typeof languages)[number]['code']
/** Texts by the plural forms of a language; `other` is required and counts where a form is missing. */
export type PluralForms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }
export type TranslationTable = Record<string, string | PluralForms>
type TextValues = Record<string, string | number>
interface MoneyAmount {
  amount: number
  currency: string
}

/** The tables of translations, each a chunk of its own: `ar.ts` exports `ar`. */
const tables = import.meta.glob<Record<string, TranslationTable>>('./[a-z][a-z].ts')

/** Loads the table of a language. English has none, since its texts are the keys. */
export async function loadTranslations(language: Language): Promise<TranslationTable> {
  if (language === 'en') return {}
  const table = (await tables[`./${language}.ts`]?.())?.[language]
  if (!table) throw new Error(`No file ${language}.ts exports a table ${language}`)
  return table
}

/** Marks a text for translation where it is not shown yet. */
export const msg = (text: string) => text

export function fillBlanks(text: string, values?: TextValues) {
  return values
    ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
    : text
}

const formOf = (text: string | PluralForms, form: Intl.LDMLPluralRule) =>
  typeof text === 'string' ? text : (text[form] ?? text.other)

export interface LocaleFormatter {
  language: Language
  /** The language as the operator's region writes it, which decides marks, digits and dates. */
  region: string
  setLanguage: (language: Language) => void
  t: (text: string, values?: TextValues) => string
  /**
   * Writes a text with a number in it, in the form that the language has for that number. The
   * text for one is English only; the other one is the key, with `{n}` for the number.
   */
  plural: (n: number, one: string, other: string, values?: TextValues) => string
  number: (value: number) => string
  /** Writes a share, 0 % to 100 %. More than the whole is no share, and has no percentage. */
  percent: (part: number, whole: number) => string
  /** Writes how much a number grew, which can be more than 100 %. */
  growth: (by: number, base: number) => string
  money: (value: MoneyAmount | null | undefined) => string
  minor: (amount: number, currency: string) => string
  day: (value: string) => string
  time: (value: string) => string
  /** Writes a moment on the clock of a zone, which is named beside it. */
  timeIn: (value: string, zone: string) => string
  ago: (value: string) => string
  duration: (milliseconds: number) => string
}

const LocaleContext = createContext<LocaleFormatter | null>(null)
const timeUnits: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** Returns true if a number is a part of another, so that it has a percentage. */
export const isShare = (part: number, whole: number) => whole > 0 && part >= 0 && part <= whole

/** Returns the decimal digits of a currency: 2 for the euro, 0 for the yen. */
export function currencyDigits(currency: string) {
  try {
    return (
      new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
        .maximumFractionDigits ?? 2
    )
  } catch {
    return 2
  }
}

export function createFormatter(
  language: Language,
  table: TranslationTable,
  setLanguage: (language: Language) => void,
  region: string = language,
): LocaleFormatter {
  const numbers = new Intl.NumberFormat(region)
  const rules = new Intl.PluralRules(language)
  const percents = new Intl.NumberFormat(region, { style: 'percent', maximumFractionDigits: 1 })
  const minor = (amount: number, currency: string) => {
    try {
      return new Intl.NumberFormat(region, { style: 'currency', currency }).format(
        amount / 10 ** currencyDigits(currency),
      )
    } catch {
      return `${numbers.format(amount / 100)} ${currency}`
    }
  }
  return {
    language,
    region,
    setLanguage,
    minor,
    t: (text, values) => fillBlanks(formOf(table[text] ?? text, 'other'), values),
    plural: (n, one, other, values) => {
      const found = table[other] ?? { one, other }
      return fillBlanks(formOf(found, rules.select(n)), { ...values, n: numbers.format(n) })
    },
    number: (value) => numbers.format(value),
    percent: (part, whole) => (isShare(part, whole) ? percents.format(part / whole) : '–'),
    growth: (by, base) => (base > 0 ? percents.format(by / base) : '–'),
    money: (value) => (value ? minor(value.amount, value.currency) : '–'),
    day: (value) =>
      new Intl.DateTimeFormat(region, { dateStyle: 'medium', timeZone: 'UTC' }).format(
        new Date(`${value}T00:00:00Z`),
      ),
    time: (value) =>
      new Intl.DateTimeFormat(region, { dateStyle: 'medium', timeStyle: 'long' }).format(
        new Date(value),
      ),
    timeIn: (value, timeZone) =>
      new Intl.DateTimeFormat(region, {
        dateStyle: 'medium',
        timeStyle: 'short',
        timeZone,
      }).format(new Date(value)),
    ago: (value) => {
      const seconds = (new Date(value).getTime() - stackTime()) / 1000
      const [unit, size] = timeUnits.find(([, length]) => Math.abs(seconds) >= length) ?? [
        'second',
        1,
      ]
      return new Intl.RelativeTimeFormat(region, { numeric: 'auto' }).format(
        Math.round(seconds / size),
        unit,
      )
    },
    duration: (milliseconds) => {
      const seconds = milliseconds / 1000
      const [unit, size] = timeUnits.slice(2).find(([, length]) => seconds >= length) ?? [
        'second',
        1,
      ]
      return new Intl.NumberFormat(region, {
        style: 'unit',
        unit,
        unitDisplay: 'long',
        maximumFractionDigits: seconds < 10 ? 1 : 0,
      }).format(seconds / size)
    },
  }
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  return (
    <DirectionProvider detectDirection={false}>
      <TranslationLoader>{children}</TranslationLoader>
    </DirectionProvider>
  )
}

function TranslationLoader({ children }: { children: ReactNode }) {
  const { setDirection } = useDirection()
  const [language, setLanguageState] = useState<Language>(() =>
    preferredLanguage(localStorage.getItem('console.language'), navigator.languages),
  )
  const [loaded, setLoaded] = useState<{ language: Language; table: TranslationTable }>()
  const setLanguage = useCallback((language: Language) => {
    localStorage.setItem('console.language', language)
    setLanguageState(language)
  }, [])
  useEffect(() => {
    let current = true
    void loadTranslations(language).then((table) => {
      if (!current) return
      document.documentElement.lang = language
      setDirection(languages.find(({ code }) => code === language)?.dir ?? 'ltr')
      setLoaded({ language: language, table })
    })
    return () => {
      current = false
    }
  }, [language, setDirection])
  const value = useMemo(
    () =>
      loaded &&
      createFormatter(
        loaded.language,
        loaded.table,
        setLanguage,
        regionalTag(loaded.language, navigator.languages),
      ),
    [loaded, setLanguage],
  )
  return value ? <LocaleContext.Provider value={value}>{children}</LocaleContext.Provider> : null
}

const baseOf = (tag: string) => tag.split('-')[0]!.toLowerCase()

/**
 * Returns the language chosen before, else the browser's first language that the console has in any
 * region, else English.
 */
export function preferredLanguage(chosen: string | null, browser: readonly string[]): Language {
  const known = (tag: string) => languages.find(({ code }) => code === baseOf(tag))?.code
  return (chosen === null ? undefined : known(chosen)) ?? browser.map(known).find(Boolean) ?? 'en'
}

/**
 * Returns the browser's own form of a language, as `es-MX`, whose numbers are not those of `es`; else
 * the language alone.
 */
export const regionalTag = (language: Language, browser: readonly string[]) =>
  browser.find((tag) => baseOf(tag) === language) ?? language

export function useLocale() {
  const formatter = useContext(LocaleContext)
  if (!formatter) throw new Error('useLocale is used outside LanguageProvider')
  return formatter
}

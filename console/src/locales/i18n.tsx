// Provides the console's languages. The English text is the key of each translation; other
// languages are tables beside this file, loaded when they are chosen. Everything that shows texts,
// numbers, money or times depends on it. A test checks that no text lacks its translation.
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

export type Language = 'en' | 'ar'
export const languages: { code: Language; name: string; dir: 'ltr' | 'rtl' }[] = [
  { code: 'en', name: 'English', dir: 'ltr' },
  { code: 'ar', name: 'العربية', dir: 'rtl' },
]
type TranslationTable = Record<string, string>
type TextValues = Record<string, string | number>
interface MoneyAmount {
  amount: number
  currency: string
}

const loadTranslations: Record<Language, () => Promise<TranslationTable>> = {
  en: async () => ({}),
  ar: async () => (await import('./ar')).ar,
}

/** Marks a text for translation where it is not shown yet. */
export const msg = (text: string) => text

export function fillBlanks(text: string, values?: TextValues) {
  return values
    ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
    : text
}

export interface LocaleFormatter {
  language: Language
  setLanguage: (language: Language) => void
  t: (text: string, values?: TextValues) => string
  number: (value: number) => string
  percent: (part: number, whole: number) => string
  money: (value: MoneyAmount | null | undefined) => string
  minor: (amount: number, currency: string) => string
  day: (value: string) => string
  time: (value: string) => string
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

function createFormatter(
  language: Language,
  table: TranslationTable,
  setLanguage: (language: Language) => void,
): LocaleFormatter {
  const numbers = new Intl.NumberFormat(language)
  const minor = (amount: number, currency: string) => {
    try {
      return new Intl.NumberFormat(language, { style: 'currency', currency }).format(
        amount / 10 ** currencyDigits(currency),
      )
    } catch {
      return `${numbers.format(amount / 100)} ${currency}`
    }
  }
  return {
    language,
    setLanguage,
    minor,
    t: (text, values) => fillBlanks(table[text] ?? text, values),
    number: (value) => numbers.format(value),
    percent: (part, whole) =>
      whole > 0
        ? new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(
            part / whole,
          )
        : '–',
    money: (value) => (value ? minor(value.amount, value.currency) : '–'),
    day: (value) =>
      new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' }).format(
        new Date(`${value}T00:00:00Z`),
      ),
    time: (value) =>
      new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' }).format(
        new Date(value),
      ),
    ago: (value) => {
      const seconds = (new Date(value).getTime() - stackTime()) / 1000
      const [unit, size] = timeUnits.find(([, length]) => Math.abs(seconds) >= length) ?? [
        'second',
        1,
      ]
      return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(
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
      return new Intl.NumberFormat(language, {
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
  const [language, setLanguageState] = useState<Language>(preferredLanguage)
  const [loaded, setLoaded] = useState<{ language: Language; table: TranslationTable }>()
  const setLanguage = useCallback((language: Language) => {
    localStorage.setItem('console.language', language)
    setLanguageState(language)
  }, [])
  useEffect(() => {
    let current = true
    void loadTranslations[language]().then((table) => {
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
    () => loaded && createFormatter(loaded.language, loaded.table, setLanguage),
    [loaded, setLanguage],
  )
  return value ? <LocaleContext.Provider value={value}>{children}</LocaleContext.Provider> : null
}

/**
 * Returns the language chosen before, else the browser's first language that the console has, else
 * English.
 */
function preferredLanguage(): Language {
  const known = (code: string | null | undefined) =>
    languages.find((language) => language.code === code?.slice(0, 2))?.code
  return (
    known(localStorage.getItem('console.language')) ??
    navigator.languages.map(known).find(Boolean) ??
    'en'
  )
}

export function useLocale() {
  const formatter = useContext(LocaleContext)
  if (!formatter) throw new Error('useLocale is used outside LanguageProvider')
  return formatter
}

// The console's languages. English is the key of each text; the other languages are tables beside it, loaded when they are chosen.
// Before it: nothing. After it: everything that shows words, numbers, money or times. A test sees that no text lacks its translation.
import { DirectionProvider, useDirection } from '@mantine/core'
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import { now } from './config'

export type Language = 'en' | 'ar'
export const languages: { code: Language; name: string; dir: 'ltr' | 'rtl' }[] = [
  { code: 'en', name: 'English', dir: 'ltr' },
  { code: 'ar', name: 'العربية', dir: 'rtl' },
]
type Table = Record<string, string>
type Values = Record<string, string | number>
interface Money { amount: number; currency: string }

const tables: Record<Language, () => Promise<Table>> = {
  en: async () => ({}),
  ar: async () => (await import('../words/ar')).ar,
}

/** Marks a text for translation where it is not shown yet. */
export const msg = (text: string) => text

export function fill(text: string, values?: Values) {
  return values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : text
}

export interface Words {
  language: Language
  choose: (language: Language) => void
  t: (text: string, values?: Values) => string
  number: (value: number) => string
  percent: (part: number, whole: number) => string
  money: (value: Money | null | undefined) => string
  minor: (amount: number, currency: string) => string
  day: (value: string) => string
  time: (value: string) => string
  ago: (value: string) => string
  duration: (milliseconds: number) => string
}

const Context = createContext<Words | null>(null)
const units: [Intl.RelativeTimeFormatUnit, number][] = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60]]

/** Minor units of a currency: 2 for the euro, 0 for the yen. */
export function digits(currency: string) {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  } catch {
    return 2
  }
}

function words(language: Language, table: Table, choose: (language: Language) => void): Words {
  const numbers = new Intl.NumberFormat(language)
  const minor = (amount: number, currency: string) => {
    try {
      return new Intl.NumberFormat(language, { style: 'currency', currency }).format(amount / 10 ** digits(currency))
    } catch {
      return `${numbers.format(amount / 100)} ${currency}`
    }
  }
  return {
    language, choose, minor,
    t: (text, values) => fill(table[text] ?? text, values),
    number: (value) => numbers.format(value),
    percent: (part, whole) => whole > 0
      ? new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(part / whole) : '–',
    money: (value) => (value ? minor(value.amount, value.currency) : '–'),
    day: (value) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${value}T00:00:00Z`)),
    time: (value) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(value)),
    ago: (value) => {
      const seconds = (new Date(value).getTime() - now()) / 1000
      const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1]
      return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.round(seconds / size), unit)
    },
    duration: (milliseconds) => {
      const seconds = milliseconds / 1000
      const [unit, size] = units.slice(2).find(([, length]) => seconds >= length) ?? ['second', 1]
      return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: seconds < 10 ? 1 : 0 }).format(seconds / size)
    },
  }
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  return <DirectionProvider detectDirection={false}><Speak>{children}</Speak></DirectionProvider>
}

function Speak({ children }: { children: ReactNode }) {
  const { setDirection } = useDirection()
  const [wanted, setWanted] = useState<Language>(chosen)
  const [spoken, setSpoken] = useState<{ language: Language; table: Table }>()
  const choose = useCallback((language: Language) => {
    localStorage.setItem('console.language', language)
    setWanted(language)
  }, [])
  useEffect(() => {
    let current = true
    void tables[wanted]().then((table) => {
      if (!current) return
      document.documentElement.lang = wanted
      setDirection(languages.find(({ code }) => code === wanted)?.dir ?? 'ltr')
      setSpoken({ language: wanted, table })
    })
    return () => { current = false }
  }, [wanted, setDirection])
  const value = useMemo(() => spoken && words(spoken.language, spoken.table, choose), [spoken, choose])
  return value ? <Context.Provider value={value}>{children}</Context.Provider> : null
}

/** What was chosen before, else the browser's first language that is here, else English. */
function chosen(): Language {
  const known = (code: string | null | undefined) => languages.find((language) => language.code === code?.slice(0, 2))?.code
  return known(localStorage.getItem('console.language')) ?? navigator.languages.map(known).find(Boolean) ?? 'en'
}

export function useWords() {
  const found = useContext(Context)
  if (!found) throw new Error('words are used outside LanguageProvider')
  return found
}

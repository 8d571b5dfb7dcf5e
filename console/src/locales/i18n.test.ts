// Checks shares, growth and plural forms, how each language writes numbers, money and days, and
// which language an operator gets.
import { expect, test } from 'vitest'
import {
  createFormatter,
  isShare,
  type Language,
  languages,
  loadTranslations,
  preferredLanguage,
  regionalTag,
  type TranslationTable,
} from './i18n'

const formatter = (language: Language, table: TranslationTable = {}, region: string = language) =>
  createFormatter(language, table, () => undefined, region)
/** No-break spaces read as spaces. */
const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ')

test('a share is 0 to 100 percent, and nothing else has a percentage', () => {
  const { percent } = formatter('en')
  expect([percent(0, 4), percent(1, 4), percent(4, 4)]).toEqual(['0%', '25%', '100%'])
  expect([percent(5, 4), percent(145, 12), percent(-1, 4), percent(1, 0)]).toEqual([
    '–',
    '–',
    '–',
    '–',
  ])
  expect(isShare(4, 4)).toBe(true)
  expect(isShare(5, 4)).toBe(false)
})
test('growth can be more than 100 percent', () => {
  const { growth } = formatter('en')
  expect([growth(3, 2), growth(1, 2), growth(1, 0)]).toEqual(['150%', '50%', '–'])
})
test('a number and its noun agree, in the forms of each language', () => {
  const english = formatter('en')
  const days = (n: number) => english.plural(n, '1 day', '{n} days')
  expect([1, 2, 0, 1_000].map(days)).toEqual(['1 day', '2 days', '0 days', '1,000 days'])
  const arabic = formatter('ar', {
    '{n} days': {
      one: 'يوم واحد',
      two: 'يومان',
      few: '{n} أيام',
      many: '{n} يومًا',
      other: '{n} يوم',
    },
  })
  const said = [1, 2, 3, 11, 100].map((n) => arabic.plural(n, '1 day', '{n} days'))
  expect(said.map((text) => text.replace(/\P{L}/gu, ''))).toEqual([
    'يومواحد',
    'يومان',
    'أيام',
    'يومًا'.replace(/\P{L}/gu, ''),
    'يوم',
  ])
  expect(arabic.t('{n} days', { n: 5 })).toBe('5 يوم')
})

test('numbers, shares, money and days are written as the language writes them', () => {
  const written = (language: Language, region?: string) => {
    const { number, percent, minor, day } = formatter(language, {}, region)
    return [number(1_234_567.5), percent(1, 8), minor(123_450, 'EUR'), day('2026-12-04')].map(plain)
  }
  expect(written('en')).toEqual(['1,234,567.5', '12.5%', '€1,234.50', 'Dec 4, 2026'])
  expect(written('de')).toEqual(['1.234.567,5', '12,5 %', '1.234,50 €', '04.12.2026'])
  expect(written('es')).toEqual(['1.234.567,5', '12,5 %', '1234,50 €', '4 dic 2026'])
  expect(written('es', 'es-MX').slice(0, 2)).toEqual(['1,234,567.5', '12.5%'])
  expect(written('de', 'de-AT')[0]).toBe('1 234 567,5')
})
test('times and lengths of time are in the words of the language', () => {
  expect(plain(formatter('de').duration(3 * 3_600_000))).toBe('3 Stunden')
  expect(plain(formatter('es').duration(1_500))).toBe('1,5 segundos')
  expect(plain(formatter('es').timeIn('2026-12-04T10:30:00Z', 'Europe/Madrid'))).toContain('11:30')
  expect(plain(formatter('de').timeIn('2026-12-04T10:30:00Z', 'Europe/Berlin'))).toContain('11:30')
})
test.each([
  ['es', ['1 cliente', '2 clientes', '0 clientes', '1.000.000 de clientes']],
  ['de', ['1 Kunde', '2 Kunden', '0 Kunden', '1.000.000 Kunden']],
] as const)('a number and its noun agree in %s', async (language, expected) => {
  const { plural } = formatter(language, await loadTranslations(language))
  expect([1, 2, 0, 1_000_000].map((n) => plural(n, '1 customer', '{n} customers'))).toEqual(
    expected,
  )
})
test('the language is the one chosen, else the first of the browser that is here in any region', () => {
  expect(preferredLanguage(null, ['es-MX', 'en-US'])).toBe('es')
  expect(preferredLanguage(null, ['de-AT'])).toBe('de')
  expect(preferredLanguage(null, ['qaa-FR', 'de-CH', 'en'])).toBe('de')
  expect(preferredLanguage(null, ['AR-eg'])).toBe('ar')
  expect(preferredLanguage(null, ['qaa'])).toBe('en')
  expect(preferredLanguage(null, [])).toBe('en')
  // A tag of three letters that begins like another language is not that language.
  expect(preferredLanguage(null, ['est', 'den'])).toBe('en')
  expect(preferredLanguage('de', ['es-MX'])).toBe('de')
  expect(preferredLanguage('xx', ['es-MX'])).toBe('es')
})
test('numbers follow the region of the browser, if it is of the language', () => {
  expect(regionalTag('es', ['en-US', 'es-MX', 'es'])).toBe('es-MX')
  expect(regionalTag('de', ['en-US'])).toBe('de')
})
test('each language has its table, and English is its own', async () => {
  for (const { code } of languages) {
    const size = Object.keys(await loadTranslations(code)).length
    if (code === 'en') expect(size).toBe(0)
    else expect(size).toBeGreaterThan(1_500)
  }
})

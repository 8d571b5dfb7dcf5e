// Checks that what operators type is read as they mean it, or not at all.
import { expect, test } from 'vitest'
import {
  meanings,
  numberStyle,
  operatorStyles,
  readNumber,
  readUngrouped,
  writeNumber,
} from './typed-number'

const styles = (...languages: string[]) => operatorStyles(languages[0]!, languages.slice(1))
const euros = { digits: 2, units: ['EUR', '€'] }
const count = { digits: 0 }
const distance = { digits: 6 }
const read = (text: string, shape: { digits: number }, ...languages: string[]) => {
  const { value, problem } = readNumber(text, shape, styles(...languages))
  return problem ?? value
}

const everywhere = ['en', 'ar', 'de', 'es', 'fr', 'de-CH', 'en-IN', 'sv', 'fa', 'hi', 'ar-EG', 'pl']

test.each(everywhere)('what can mean only one number is read the same in %s', (language) => {
  const cases: [string, number | undefined][] = [
    ['', undefined],
    ['  ', undefined],
    ['0', 0],
    ['7', 7],
    ['1000', 1000],
    ['1.000,00', 1000],
    ['1,000.00', 1000],
    ['1.000.000', 1_000_000],
    ['1,000,000', 1_000_000],
    ['1.234.567,89', 1_234_567.89],
    ['12,34,567.5', 1_234_567.5],
    ['2,50', 2.5],
    ['2.50', 2.5],
    ['2,5', 2.5],
    ['0,125', 'too_precise' as never],
    ['1234.5', 1234.5],
    ['1 000', 1000],
    ['1\u00a0000,50', 1000.5],
    ['1\u202f000\u202f000', 1_000_000],
    ['1’000.50', 1000.5],
    ["1'000", 1000],
    ['١٠٠٠', 1000],
    ['١٬٠٠٠٫٥٠', 1000.5],
    ['٢٫٥', 2.5],
    ['۱۲۳', 123],
    ['१२३', 123],
    ['１２３', 123],
    ['\u200f١٢\u200f', 12],
    ['€ 12', 12],
    ['12 €', 12],
    ['12,50 EUR', 12.5],
    ['eur 1.000,00', 1000],
    ['10 %', 10],
    ['١٠٪', 10],
    ['-3', -3],
    ['−3,5', -3.5],
    ['+4', 4],
    ['.5', 0.5],
    ['5.', 5],
    ['007', 7],
  ]
  for (const [text, value] of cases)
    expect([text, read(text, euros, language)]).toEqual([text, value])
})

test.each(everywhere)('what is no number has no value in %s', (language) => {
  for (const text of [
    'ten',
    '1e3',
    '0x10',
    'Infinity',
    'NaN',
    '--1',
    '1-2',
    '1,00.00,0',
    '1.0,0.0',
    '1,00,00',
    '1.000.00',
    '1 00',
    '1 0000',
    '12.34.56',
    '.',
    ',',
    '-',
    '1.2.3',
    '1٫2٫3',
    '5 apples',
  ])
    expect([text, read(text, euros, language)]).toEqual([text, 'not_a_number'])
})

test('a thousand in the operator’s own writing is a thousand, and never one', () => {
  expect(read('1,000', euros, 'en')).toBe(1000)
  expect(read('1.000', euros, 'de')).toBe(1000)
  expect(read('1.000', euros, 'es')).toBe(1000)
  expect(read('1.000', count, 'de')).toBe(1000)
  expect(read('1,000', count, 'en')).toBe(1000)
  expect(read('1.000', { digits: 0, units: ['¥'] } as never, 'de')).toBe(1000)
})

test('of a console in one language and a browser in another the one that fits counts', () => {
  expect(read('1.000', euros, 'en', 'de-DE')).toBe(1000)
  expect(read('1,000', euros, 'en', 'de-DE')).toBe(1000)
  expect(read('1,250', distance, 'en', 'en-US')).toBe(1250)
  expect(read('1.250', distance, 'en', 'en-US')).toBe(1.25)
  expect(read('1,250', distance, 'de', 'de-DE')).toBe(1.25)
})

test('what has two meanings is refused', () => {
  expect(read('1.000', euros, 'en')).toBe('two_meanings')
  expect(read('1,000', euros, 'de')).toBe('two_meanings')
  expect(read('1.000', count, 'en', 'en-US')).toBe('two_meanings')
  expect(read('1.250', distance, 'en', 'de-DE')).toBe('two_meanings')
  expect(read('12.345', euros, 'en')).toBe('two_meanings')
  expect(meanings('1.250')).toEqual([1250, 1.25])
  expect(meanings('١٬٢٥٠')).toEqual([1250, 1250])
})

test('a mark before three digits is decimal where a group cannot be', () => {
  expect(read('0.125', distance, 'de')).toBe(0.125)
  expect(read('0,125', distance, 'en')).toBe(0.125)
  expect(read('1234.567', distance, 'de')).toBe(1234.567)
  expect(read("1'234.567", distance, 'en')).toBe(1234.567)
})

test('digits that the field cannot hold are refused, and zeros are not such digits', () => {
  expect(read('1.5', count, 'en')).toBe('too_precise')
  expect(read('1.0', count, 'en')).toBe(1)
  expect(read('0.123', euros, 'en')).toBe('too_precise')
  expect(read('12.3456', euros, 'en')).toBe('too_precise')
  expect(read('12.3400', euros, 'en')).toBe(12.34)
  expect(read('9'.repeat(17), count, 'en')).toBe('too_large')
  expect(read('9999999999999.99', euros, 'en')).toBe(9_999_999_999_999.99)
  expect(read('999999999999999.99', euros, 'en')).toBe('too_large')
})

test.each([...everywhere, 'bn', 'th', 'cs', 'it', 'pt-BR', 'ja', 'he', 'ur', 'mr'])(
  'what the console writes is read back as it was in %s, whatever the browser speaks',
  (language) => {
    for (const other of ['en-US', 'de-DE', 'fr-CH', 'ar-EG']) {
      const known = styles(language, other)
      for (const digits of [0, 2, 3, 6])
        for (const value of [
          0, 1, 12, 999, 1000, 1234.5, 1234567, 0.5, 1.125, 123.456, 0.001, -7.25,
        ]) {
          const exact = Number(value.toFixed(digits))
          const text = writeNumber(exact, { digits }, language, known)
          expect([text, readNumber(text, { digits }, known)]).toEqual([text, { value: exact }])
        }
    }
  },
)

test('nothing is written for nothing', () => {
  expect(writeNumber(undefined, count, 'en', styles('en'))).toBe('')
  expect(writeNumber(Number.NaN, count, 'en', styles('en'))).toBe('')
})

test('a number is written with the groups of the language', () => {
  expect(writeNumber(1_234_567.5, euros, 'en', styles('en', 'en-US'))).toBe('1,234,567.5')
  expect(writeNumber(1_234_567.5, euros, 'de', styles('de'))).toBe('1.234.567,5')
})

test('an unknown language is read as English', () =>
  expect(numberStyle('not a language')).toEqual({ decimal: '.', group: ',' }))

test('coordinates have no groups, so their only mark is decimal', () => {
  expect(['40.416', '40,416', ' -3.7038', '٤٠٫٤', '180'].map(readUngrouped)).toEqual([
    40.416, 40.416, -3.7038, 40.4, 180,
  ])
  expect(['', '1.000,00', '1,2,3', 'north', '1 2', '4.'].map(readUngrouped)).toEqual(
    Array(6).fill(undefined),
  )
})

test.each([
  ['de', 'de-DE'],
  ['es', 'es-ES'],
])('in %s a point groups and a comma is decimal', (language, browser) => {
  const typed = (text: string, shape: { digits: number }) => read(text, shape, language, browser)
  expect(typed('1.000,00', euros)).toBe(1000)
  expect(typed('1.000', euros)).toBe(1000)
  expect(typed('1.000', count)).toBe(1000)
  expect(typed('1,5', euros)).toBe(1.5)
  expect(typed('1,5', count)).toBe('too_precise')
  expect(typed('1.234.567,89 €', euros)).toBe(1_234_567.89)
  expect(typed('12,5 %', { digits: 1 })).toBe(12.5)
  expect(typed('1,125', distance)).toBe(1.125)
  expect(writeNumber(12_345.5, euros, language, styles(language, browser))).toBe('12.345,5')
})
test('in Spanish from Mexico it is the other way round', () => {
  expect(read('1,000.50', euros, 'es-MX', 'es-MX')).toBe(1000.5)
  expect(read('1,000', euros, 'es-MX', 'es-MX')).toBe(1000)
  expect(writeNumber(12_345.5, euros, 'es-MX', styles('es-MX'))).toBe('12,345.5')
})
test('where the console and the browser write differently, a text with two meanings is asked about', () => {
  expect(read('1.000', distance, 'de', 'en-US')).toBe('two_meanings')
  expect(read('1.000,00', euros, 'de', 'en-US')).toBe(1000)
})

// Checks shares, growth and plural forms.
import { expect, test } from 'vitest'
import { createFormatter, isShare, type TranslationTable } from './i18n'

const formatter = (language: 'en' | 'ar', table: TranslationTable = {}) =>
  createFormatter(language, table, () => undefined)

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

import { expect, test } from 'vitest'
import type { OccurringValue } from '../../client'
import { isAmong, valueName } from './known-values'

const value = (value: string, names: Record<string, string> = {}): OccurringValue => ({
  value,
  names,
  count: 1,
})

test('a value is called as its operator speaks', () => {
  const food = value('food', { en: 'Restaurants', 'es-ES': 'Restaurantes', de: 'Essen' })
  expect(valueName(food, 'es')).toBe('Restaurantes')
  expect(valueName(food, 'de')).toBe('Essen')
  expect(valueName(food, 'ar')).toBe('Restaurants')
  expect(valueName(value('m-1', { und: 'Casa Lola' }), 'es')).toBe('Casa Lola')
  expect(valueName(value('pharmacy', { fr: 'Pharmacie' }), 'es')).toBe('Pharmacie')
  expect(valueName(value('pharmacy'), 'es')).toBe('pharmacy')
})

test('a value is in doubt only if all that was found is another', () => {
  const found = { items: [value('foods'), value('food')], counts: null, next_cursor: null }
  expect(isAmong('food', found)).toBe(true)
  expect(isAmong('foo', found)).toBe(false)
  expect(isAmong('foo', { ...found, next_cursor: 'more' })).toBe(true)
})

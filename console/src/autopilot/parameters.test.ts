// What is typed for a playbook, and what the API is told.
import { expect, test } from 'vitest'
import { fromTyped, shapeOf, toTyped } from './parameters'

const euros = { amount: 30_050, currency: 'EUR' }
const place = { lat: 40.4168, lon: -3.7038 }

test('money is typed in units of its currency', () => {
  expect(toTyped(euros)).toBe(300.5)
  expect(fromTyped(12.34, euros)).toEqual({ amount: 1_234, currency: 'EUR' })
  expect(fromTyped(500, { amount: 0, currency: 'JPY' })).toEqual({ amount: 500, currency: 'JPY' })
})
test('a place is its latitude and longitude', () => {
  expect(toTyped(place)).toBe('40.4168, -3.7038')
  expect(fromTyped(' 1.5 ,-2', place)).toEqual({ lat: 1.5, lon: -2 })
})
test('what is no place goes as it is typed: the API says what is wrong', () => expect(['', '1,', '1,2,3', 'Madrid'].map((typed) => fromTyped(typed, place))).toEqual(['', '1,', '1,2,3', 'Madrid']))
test('numbers and texts are what they are', () => {
  expect([30, 'food'].map((value) => shapeOf(value))).toEqual(['number', 'text'])
  expect([fromTyped(31, 30), fromTyped('', 30), fromTyped('pets', 'food')]).toEqual([31, null, 'pets'])
})

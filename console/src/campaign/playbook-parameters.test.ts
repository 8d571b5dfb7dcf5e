// Checks how a playbook's parameters convert between the form and the API.
import { expect, test } from 'vitest'
import { fromInputValue, parameterShape, toInputValue } from './playbook-parameters'

const euros = { amount: 30_050, currency: 'EUR' }
const place = { lat: 40.4168, lon: -3.7038 }

test('money is typed in units of its currency', () => {
  expect(toInputValue(euros)).toBe(300.5)
  expect(fromInputValue(12.34, euros)).toEqual({ amount: 1_234, currency: 'EUR' })
  expect(fromInputValue(500, { amount: 0, currency: 'JPY' })).toEqual({
    amount: 500,
    currency: 'JPY',
  })
})
test('a place is its latitude and longitude', () => {
  expect(toInputValue(place)).toBe('40.4168, -3.7038')
  expect(fromInputValue(' 1.5 ,-2', place)).toEqual({ lat: 1.5, lon: -2 })
})
test('what is no place goes as it is typed: the API says what is wrong', () =>
  expect(['', '1,', '1,2,3', 'Madrid'].map((typed) => fromInputValue(typed, place))).toEqual([
    '',
    '1,',
    '1,2,3',
    'Madrid',
  ]))
test('numbers and texts are what they are', () => {
  expect([30, 'food'].map((value) => parameterShape(value))).toEqual(['number', 'text'])
  expect([fromInputValue(31, 30), fromInputValue('', 30), fromInputValue('pets', 'food')]).toEqual([
    31,
    null,
    'pets',
  ])
})

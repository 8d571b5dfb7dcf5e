// Checks how a playbook's parameters convert between the form and the API.
import { expect, test } from 'vitest'
import { fromInputValue, parameterShape, toInputValue } from './playbook-parameters'

const euros = { amount: 30_050, currency: 'EUR' }

test('money is typed in units of its currency', () => {
  expect(toInputValue(euros)).toBe(300.5)
  expect(fromInputValue(12.34, euros)).toEqual({ amount: 1_234, currency: 'EUR' })
  expect(fromInputValue(500, { amount: 0, currency: 'JPY' })).toEqual({
    amount: 500,
    currency: 'JPY',
  })
})
test('a list keeps its entries', () => {
  expect(parameterShape([])).toBe('list')
  expect(toInputValue(['m-1', 'm-2'])).toEqual(['m-1', 'm-2'])
  expect(fromInputValue(['m-1'], [])).toEqual(['m-1'])
})
test('numbers and texts are what they are', () => {
  expect([30, 'food'].map((value) => parameterShape(value))).toEqual(['number', 'text'])
  expect([fromInputValue(31, 30), fromInputValue('', 30), fromInputValue('pets', 'food')]).toEqual([
    31,
    null,
    'pets',
  ])
})

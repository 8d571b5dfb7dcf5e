// Checks how amounts convert between the form and the API.
import { expect, test } from 'vitest'
import { fromMicros, toMicros, toMinor } from './amounts'

test('what is typed comes back as it was', () => {
  for (const amount of [0, 0.05, 0.0001, 0.000001, 12.345678])
    expect(fromMicros(toMicros(amount))).toBe(amount)
  expect([0.29, 1234.56].map((amount) => toMinor(amount, 2))).toEqual([29, 123_456])
  expect(toMinor(1500, 0)).toBe(1500)
})
test('an empty input is nothing', () => {
  expect([toMicros(undefined), toMinor(undefined, 2), fromMicros(undefined)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

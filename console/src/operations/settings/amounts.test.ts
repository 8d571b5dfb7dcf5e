// Checks how amounts convert between the form and the API.
import { expect, test } from 'vitest'
import { fromMicros, fromMinor, toMicros, toMinor } from './amounts'

test('what is typed comes back as it was', () => {
  for (const amount of [0, 0.05, 0.0001, 0.000001, 12.345678])
    expect(fromMicros(toMicros(amount))).toBe(amount)
  for (const amount of [0, 0.29, 1234.56]) expect(fromMinor(toMinor(amount, 2), 2)).toBe(amount)
  expect(toMinor(1500, 0)).toBe(1500)
})
test('an empty input is nothing', () => {
  expect([toMicros(''), toMinor('', 2)]).toEqual([undefined, undefined])
  expect([fromMicros(undefined), fromMinor(undefined, 2)]).toEqual(['', ''])
})

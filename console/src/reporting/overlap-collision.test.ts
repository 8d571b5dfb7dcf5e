// Checks which overlaps raise a warning.
import { expect, test } from 'vitest'
import { strongestCollision } from './overlap-collision'

const count = (value: number) => ({ value, low: value, high: value })
const overlap = (name: string, kind: 'promotion' | 'autopilot', value: number) => ({
  name,
  kind,
  both: count(value),
})

test('another promotion for many of the customers is a collision, the largest one first', () =>
  expect(
    strongestCollision('promotion', 100, [
      overlap('few', 'promotion', 19),
      overlap('some', 'promotion', 20),
      overlap('most', 'promotion', 90),
    ])?.name,
  ).toBe('most'))
test('a birthday autopilot for everybody is none', () =>
  expect(
    strongestCollision('promotion', 100, [overlap('Birthday', 'autopilot', 100)]),
  ).toBeUndefined())
test('an autopilot collides with nothing, and few customers are no reason', () => {
  expect(strongestCollision('autopilot', 100, [overlap('one', 'promotion', 100)])).toBeUndefined()
  expect(strongestCollision('promotion', 100, [overlap('one', 'promotion', 19)])).toBeUndefined()
  expect(strongestCollision('promotion', 0, [overlap('one', 'promotion', 0)])).toBeUndefined()
})

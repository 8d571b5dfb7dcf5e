// Checks which reasons are complete: the API counts bytes, not letters.
import { expect, test } from 'vitest'
import { isReasonComplete } from './reason-field'

test('a reason says something, in 500 bytes at most', () => {
  expect(['', '  ', 'x', 'x'.repeat(500), 'x'.repeat(501)].map(isReasonComplete)).toEqual([
    false,
    false,
    true,
    true,
    false,
  ])
  expect(isReasonComplete('ع'.repeat(250))).toBe(true)
  expect(isReasonComplete('ع'.repeat(251))).toBe(false)
})

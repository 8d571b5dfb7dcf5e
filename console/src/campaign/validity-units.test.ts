// Checks in which unit hours are told.
import { expect, test } from 'vitest'
import { unitOfHours } from './validity-units'

test('whole days are days, and what is short or broken is hours', () => {
  expect([168, 48, 24, 36, 49, undefined].map(unitOfHours)).toEqual([
    'days',
    'days',
    'hours',
    'hours',
    'hours',
    'days',
  ])
})

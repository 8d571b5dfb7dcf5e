// Checks the days and the scale of charts.
import { expect, test } from 'vitest'
import { groupDays, roundUpScale } from './chart-scale'

test('days without numbers are days', () => {
  expect(groupDays('2026-02-27', '2026-03-02').map(({ first }) => first)).toEqual([
    '2026-02-27',
    '2026-02-28',
    '2026-03-01',
    '2026-03-02',
  ])
})
test('a long period is shown by weeks, and no day is lost', () => {
  const weeks = groupDays('2026-01-01', '2026-12-31')
  expect(weeks.length).toBe(53)
  expect(weeks.flatMap(({ days }) => days).length).toBe(365)
})
test('the scale ends at a number that can be read', () => {
  expect([0, 1, 3, 7, 12, 99, 101].map(roundUpScale)).toEqual([1, 1, 5, 10, 20, 100, 200])
})

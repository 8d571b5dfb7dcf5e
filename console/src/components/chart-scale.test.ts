// Checks the days and the scale of charts.
import { expect, test } from 'vitest'
import { axisPlace, axisTicks, groupDays, placeAfterKey, spreadPlaces } from './chart-scale'

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
test('the ticks can be read, reach over every value, and have zero among them', () => {
  expect(axisTicks(0, 0)).toEqual([0, 1])
  expect(axisTicks(0, 1)).toEqual([0, 1])
  expect(axisTicks(0, 3)).toEqual([0, 1, 2, 3])
  expect(axisTicks(0, 7)).toEqual([0, 2, 4, 6, 8])
  expect(axisTicks(0, 101)).toEqual([0, 50, 100, 150])
  expect(axisTicks(-30, 60)).toEqual([-50, 0, 50, 100])
  expect(axisTicks(-5, -1)).toEqual([-6, -4, -2, 0])
  for (const top of [1, 2, 9, 11, 37, 999, 12_345, 7_000_000]) {
    const ticks = axisTicks(0, top)
    expect([top, ticks.at(-1)! >= top, ticks.length <= 6]).toEqual([top, true, true])
  }
})
test('a value lies between the ticks where it belongs', () => {
  expect([0, 50, 100].map((value) => axisPlace(value, [0, 50, 100]))).toEqual([0, 50, 100])
  expect(axisPlace(0, [-50, 0, 50, 100])).toBeCloseTo(33.33)
})
test('labels of days are spread evenly and begin with the first', () => {
  expect(spreadPlaces(7, 7)).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(spreadPlaces(30, 6)).toEqual([0, 5, 10, 15, 20, 25])
  expect(spreadPlaces(1, 6)).toEqual([0])
})
test('keys move through the days in the direction of reading, and not over the ends', () => {
  expect(placeAfterKey('ArrowRight', undefined, 6, false)).toBe(0)
  expect(placeAfterKey('ArrowRight', 2, 6, false)).toBe(3)
  expect(placeAfterKey('ArrowRight', 2, 6, true)).toBe(1)
  expect(placeAfterKey('ArrowRight', 6, 6, false)).toBe(6)
  expect(placeAfterKey('ArrowLeft', 0, 6, false)).toBe(0)
  expect([placeAfterKey('Home', 3, 6, false), placeAfterKey('End', 3, 6, false)]).toEqual([0, 6])
  expect(placeAfterKey('Tab', 3, 6, false)).toBe(undefined)
})

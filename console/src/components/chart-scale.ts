// Computes the days and the scale of a chart.
import { DAY_MS, isoDay } from '../api/clock'

/**
 * The most days that get a bar each. Longer periods get a bar a week, since thinner bars cannot be
 * told apart.
 */
const MAX_DAILY_BARS = 120
const DAYS_PER_WEEK = 7

/** Returns the days of a period, or its weeks by their first day, without gaps. */
export function groupDays(from: string, to: string): { first: string; days: string[] }[] {
  const days: string[] = []
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS) days.push(isoDay(at))
  const size = days.length > MAX_DAILY_BARS ? DAYS_PER_WEEK : 1
  return Array.from({ length: Math.ceil(days.length / size) }, (_, place) => ({
    first: days[place * size]!,
    days: days.slice(place * size, (place + 1) * size),
  }))
}

/** About how many steps an axis has. */
const AXIS_STEPS = 4

/**
 * Returns the ticks of an axis from the lowest to the highest, in steps of 1, 2 or 5 times a power of
 * ten, of which no value lies outside. Zero is always one of them. Counts have whole steps.
 */
export function axisTicks(low: number, high: number): number[] {
  const bottom = Math.min(0, low)
  const top = Math.max(0, high)
  const span = top - bottom
  if (span <= 0) return [0, 1]
  const power = 10 ** Math.floor(Math.log10(span / AXIS_STEPS))
  const step = Math.max(
    1,
    [1, 2, 5, 10].map((one) => one * power).find((one) => span / one <= AXIS_STEPS) ?? 10 * power,
  )
  const first = Math.floor(bottom / step)
  const count = Math.ceil(top / step) - first
  return Array.from({ length: count + 1 }, (_, place) => (first + place) * step)
}

/** Returns where a value lies on an axis, in percent of its length from the lowest tick. */
export function axisPlace(value: number, ticks: readonly number[]) {
  const low = ticks[0] ?? 0
  const high = ticks.at(-1) ?? 1
  return ((value - low) / (high - low)) * 100
}

/** Chooses so many places of a row at most, evenly spaced, the first among them. */
export function spreadPlaces(length: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(length / most))
  return Array.from({ length: Math.ceil(length / step) }, (_, place) => place * step)
}

/** Returns the place after a key, in a row from 0 to `last`; nothing for a key that does not move. */
export function placeAfterKey(
  key: string,
  place: number | undefined,
  last: number,
  rightToLeft: boolean,
): number | undefined {
  const forward = rightToLeft ? 'ArrowLeft' : 'ArrowRight'
  const back = rightToLeft ? 'ArrowRight' : 'ArrowLeft'
  if (key === 'Home') return 0
  if (key === 'End') return last
  if (key === forward || key === 'ArrowUp')
    return place === undefined ? 0 : Math.min(last, place + 1)
  if (key === back || key === 'ArrowDown')
    return place === undefined ? last : Math.max(0, place - 1)
  return undefined
}

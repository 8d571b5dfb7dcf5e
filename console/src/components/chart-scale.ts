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

/** Rounds up to the next of 1, 2, 5, 10, 20, ..., so that the axis can be read. */
export function roundUpScale(most: number) {
  if (most <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= most) ?? most
}

// Converts between moments and the clock of a zone. Says when a time on the clock never comes, since
// the clock goes forward over it, or comes twice, since the clock goes back.
import { DAY_MS, isoDay } from './clock'

/** What a time on the clock of a zone means. */
export type WallTime =
  | { kind: 'once'; at: string }
  /** The clock skips it. `at` is as long after the change as the time is after its beginning. */
  | { kind: 'skipped'; at: string }
  /** The clock shows it twice. */
  | { kind: 'twice'; at: string; second: string }

const MINUTE_TEXT = 16

const clocks = new Map<string, Intl.DateTimeFormat | undefined>()

/** Returns the clock of a zone, or nothing for a zone that nobody knows. */
function clockOf(zone: string): Intl.DateTimeFormat | undefined {
  if (clocks.has(zone)) return clocks.get(zone)
  let clock: Intl.DateTimeFormat | undefined
  try {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    clock = undefined
  }
  clocks.set(zone, clock)
  return clock
}

/** Returns how far the clock of a zone is ahead of UTC, in milliseconds. An unknown zone is UTC. */
export function zoneOffset(at: number, zone: string): number {
  const clock = clockOf(zone)
  if (!clock) return 0
  const shown = Object.fromEntries(
    clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown
  return Date.UTC(year, month - 1, day, hour, minute, second) - at
}

/** Returns the date and time that a zone's clock shows, to the minute: `2026-03-29T01:30`. */
export const wallTimeAt = (at: string, zone: string) => {
  const time = Date.parse(at)
  return new Date(time + zoneOffset(time, zone)).toISOString().slice(0, MINUTE_TEXT)
}

/** Returns what a date and time on the clock of a zone means, or nothing if it is no time. */
export function readWallTime(wall: string, zone: string): WallTime | undefined {
  const shown = Date.parse(`${wall}Z`)
  if (Number.isNaN(shown)) return undefined
  // The offsets of a day before and after hold on both sides of any change in between.
  const offsets = [zoneOffset(shown - DAY_MS, zone), zoneOffset(shown + DAY_MS, zone)]
  const meant = [...new Set(offsets.map((offset) => shown - offset))]
    .filter((at) => at + zoneOffset(at, zone) === shown)
    .toSorted((one, other) => one - other)
    .map((at) => new Date(at).toISOString())
  const [first, second] = meant
  if (first && second) return { kind: 'twice', at: first, second }
  if (first) return { kind: 'once', at: first }
  return { kind: 'skipped', at: new Date(shown - offsets[0]!).toISOString() }
}

/** Returns the last second of a day on the clock of a zone. */
export function endOfDay(day: string, zone: string): string {
  const wall = Date.parse(`${day}T23:59:59Z`)
  // The first guess can lie on the other side of a change of clocks.
  const guess = wall - zoneOffset(wall, zone)
  return new Date(wall - zoneOffset(guess, zone)).toISOString().replace('.000Z', 'Z')
}

/** Returns the day that a zone's clock shows at a time. */
export const dayAt = (time: number, zone: string) => isoDay(time + zoneOffset(time, zone))

/** Returns the distance of a zone from UTC at a time, as `UTC+02:00`. */
export function offsetName(at: string, zone: string): string {
  const minutes = Math.round(zoneOffset(Date.parse(at), zone) / 60_000)
  const two = (number: number) => String(number).padStart(2, '0')
  const size = Math.abs(minutes)
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

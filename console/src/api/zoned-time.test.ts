// Checks times on the clocks of zones, above all where a clock changes.
import { expect, test } from 'vitest'
import { dayAt, endOfDay, offsetName, readWallTime, wallTimeAt, zoneOffset } from './zoned-time'

test('a time on the clock is a moment, and shown as it was typed', () => {
  for (const [wall, zone, at] of [
    ['2026-11-30T09:00', 'America/Los_Angeles', '2026-11-30T17:00:00.000Z'],
    ['2026-07-01T09:00', 'Europe/Madrid', '2026-07-01T07:00:00.000Z'],
    ['2026-01-01T00:15', 'Asia/Kathmandu', '2025-12-31T18:30:00.000Z'],
    ['2026-01-01T00:00', 'Pacific/Kiritimati', '2025-12-31T10:00:00.000Z'],
    ['2026-01-01T00:00', 'UTC', '2026-01-01T00:00:00.000Z'],
  ] as const) {
    expect(readWallTime(wall, zone)).toEqual({ kind: 'once', at })
    expect(wallTimeAt(at, zone)).toBe(wall)
  }
})

test('a time that the clock skips is known, and moved by the change', () => {
  expect(readWallTime('2026-03-29T02:30', 'Europe/Madrid')).toEqual({
    kind: 'skipped',
    at: '2026-03-29T01:30:00.000Z',
  })
  expect(wallTimeAt('2026-03-29T01:30:00.000Z', 'Europe/Madrid')).toBe('2026-03-29T03:30')
  // Half an hour on Lord Howe Island; a whole day in Samoa, which left one out.
  expect(readWallTime('2026-10-04T02:15', 'Australia/Lord_Howe')?.kind).toBe('skipped')
  expect(readWallTime('2011-12-30T12:00', 'Pacific/Apia')?.kind).toBe('skipped')
  // At midnight, in a zone whose clock goes forward then.
  expect(readWallTime('2026-09-06T00:30', 'America/Santiago')?.kind).toBe('skipped')
})

test('a time that the clock shows twice has two moments, the first of which is meant', () => {
  expect(readWallTime('2026-10-25T02:30', 'Europe/Madrid')).toEqual({
    kind: 'twice',
    at: '2026-10-25T00:30:00.000Z',
    second: '2026-10-25T01:30:00.000Z',
  })
  expect(readWallTime('2026-11-01T01:00', 'America/New_York')?.kind).toBe('twice')
})

test('just before and after a change the time is there once', () => {
  for (const wall of [
    '2026-03-29T01:59',
    '2026-03-29T03:00',
    '2026-10-25T01:59',
    '2026-10-25T03:00',
  ])
    expect(readWallTime(wall, 'Europe/Madrid')?.kind).toBe('once')
})

test('every seventh hour of a year is read as it is shown, in zones with and without changes', () => {
  for (const zone of ['Europe/Madrid', 'America/Los_Angeles', 'Asia/Riyadh', 'Australia/Lord_Howe'])
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 3_600_000 * 7) {
      const moment = new Date(at).toISOString()
      const read = readWallTime(wallTimeAt(moment, zone), zone)!
      expect(read.kind === 'twice' ? [read.at, read.second] : [read.at]).toContain(moment)
    }
})

test('what is no time has no meaning, and an unknown zone is UTC', () => {
  expect(readWallTime('', 'UTC')).toBeUndefined()
  expect(readWallTime('soon', 'UTC')).toBeUndefined()
  expect(zoneOffset(0, 'Mars/Olympus')).toBe(0)
})

test('the last day ends on the customer’s clock', () => {
  expect(endOfDay('2026-07-31', 'UTC')).toBe('2026-07-31T23:59:59Z')
  expect(endOfDay('2026-07-31', 'Europe/Madrid')).toBe('2026-07-31T21:59:59Z')
  expect(endOfDay('2026-01-31', 'Europe/Madrid')).toBe('2026-01-31T22:59:59Z')
  expect(endOfDay('2026-07-31', 'America/Los_Angeles')).toBe('2026-08-01T06:59:59Z')
  expect(endOfDay('2026-07-31', 'Nowhere/Atlantis')).toBe('2026-07-31T23:59:59Z')
})
test('on a day on which clocks change the day ends by the new time', () => {
  expect(endOfDay('2026-03-29', 'Europe/Madrid')).toBe('2026-03-29T21:59:59Z')
  expect(endOfDay('2026-10-25', 'Europe/Madrid')).toBe('2026-10-25T22:59:59Z')
})
test('the first day to choose is the customer’s today', () => {
  const time = Date.parse('2026-07-31T02:30:00.250Z')
  expect(dayAt(time, 'UTC')).toBe('2026-07-31')
  expect(dayAt(time, 'America/Los_Angeles')).toBe('2026-07-30')
  expect(dayAt(time + 86_400_000 / 2, 'Pacific/Auckland')).toBe('2026-08-01')
})

test('the distance from UTC is named with its sign', () => {
  expect(offsetName('2026-07-01T00:00:00Z', 'Europe/Madrid')).toBe('UTC+02:00')
  expect(offsetName('2026-01-01T00:00:00Z', 'America/St_Johns')).toBe('UTC−03:30')
  expect(offsetName('2026-01-01T00:00:00Z', 'UTC')).toBe('UTC+00:00')
})

// Checks which campaigns the calendar shows in a month, and from when to when.
import { expect, test } from 'vitest'
import {
  calendarEntries,
  type CalendarFacts,
  campaignsByDay,
  dayIn,
  entryBar,
  isMonth,
  monthBounds,
  shiftMonth,
} from './calendar-month'

const campaign = (id: string, changes: Partial<CalendarFacts>): CalendarFacts => ({
  id,
  name: id,
  kind: 'promotion',
  state: 'running',
  ...changes,
})
const shown = (campaigns: CalendarFacts[], month = '2026-02', zone = 'UTC') =>
  calendarEntries(campaigns, month, zone).map(
    ({ campaign: { id }, from, to, startsBefore, endsAfter }) =>
      `${id} ${startsBefore ? '…' : ''}${from.slice(8)}-${to.slice(8)}${endsAfter ? '…' : ''}`,
  )

test('a month has its days, also in a leap year, and the next one follows', () => {
  expect(monthBounds('2026-02')).toEqual({ first: '2026-02-01', last: '2026-02-28' })
  expect(monthBounds('2028-02').last).toBe('2028-02-29')
  expect([shiftMonth('2026-12', 1), shiftMonth('2026-01', -1)]).toEqual(['2027-01', '2025-12'])
  expect(['2026-02', '2026-13', '2026-2', undefined].map(isMonth)).toEqual([
    true,
    false,
    false,
    false,
  ])
})
test('a day is that of the zone, not of the browser', () => {
  expect(dayIn('2026-02-28T23:30:00Z', 'Europe/Madrid')).toBe('2026-03-01')
  expect(dayIn('2026-02-28T23:30:00Z', 'UTC')).toBe('2026-02-28')
})
test('a campaign is shown on the days it is on, cut at the month', () => {
  expect(
    shown([
      campaign('inside', { launched_at: '2026-02-03T10:00:00Z', ended_at: '2026-02-05T10:00:00Z' }),
      campaign('across', { launched_at: '2026-01-20T10:00:00Z', ends_at: '2026-03-05T10:00:00Z' }),
      campaign('endless', { kind: 'autopilot', launched_at: '2026-02-10T10:00:00Z' }),
      campaign('over', { launched_at: '2026-01-03T10:00:00Z', ended_at: '2026-01-31T23:00:00Z' }),
      campaign('ahead', { launched_at: '2026-03-01T00:00:00Z' }),
    ]),
  ).toEqual(['across …01-28…', 'inside 03-05', 'endless 10-28…'])
})
test('a scheduled campaign and a draft with a start are shown from the start on', () => {
  expect(
    shown([
      campaign('planned', {
        state: 'scheduled',
        launched_at: '2026-02-01T08:00:00Z',
        starts_at: '2026-02-14T08:00:00Z',
      }),
      campaign('drafted', { state: 'draft', starts_at: '2026-02-20T08:00:00Z' }),
      campaign('undated', { state: 'draft' }),
    ]),
  ).toEqual(['planned 14-28…', 'drafted 20-28…'])
})
test('archived and failed ones are shown only if they were on', () => {
  expect(
    shown([
      campaign('was on', {
        state: 'archived',
        launched_at: '2026-02-03T10:00:00Z',
        ended_at: '2026-02-04T10:00:00Z',
      }),
      campaign('never on', { state: 'archived', starts_at: '2026-02-03T10:00:00Z' }),
    ]),
  ).toEqual(['was on 03-04'])
})
test('each day counts the campaigns that are on, and bars lie where the days are', () => {
  const entries = calendarEntries(
    [
      campaign('a', { launched_at: '2026-02-01T10:00:00Z', ended_at: '2026-02-02T10:00:00Z' }),
      campaign('b', { launched_at: '2026-02-02T10:00:00Z', ended_at: '2026-02-02T20:00:00Z' }),
    ],
    '2026-02',
    'UTC',
  )
  expect(campaignsByDay(entries)).toEqual({ '2026-02-01': 1, '2026-02-02': 2 })
  const bar = entryBar(entries[1]!, '2026-02')
  expect(bar.start).toBeCloseTo(100 / 28)
  expect(bar.width).toBeCloseTo(100 / 28)
})

// Checks that a campaign's page names what holds it back, and nothing that is under way.
import { expect, test } from 'vitest'
import type { PendingState, PendingTrigger } from '../client'
import { nextToWait } from './next-to-wait'

const match = (state: PendingState, until: string) =>
  ({ state, until, id: until }) as PendingTrigger

test('the earliest that is held back is named', () => {
  const items = [
    match('sending', '2026-11-30T08:00:00Z'),
    match('waiting', '2026-12-02T08:00:00Z'),
    match('waiting', '2026-12-01T08:00:00Z'),
  ]
  expect(nextToWait(items)?.id).toBe('2026-12-01T08:00:00Z')
})
test('work that is under way or due waits for nothing', () => {
  const until = '2026-11-30T08:00:00Z'
  expect(nextToWait([match('sending', until), match('due', until), match('unknown', until)])).toBe(
    undefined,
  )
})

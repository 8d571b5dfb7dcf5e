// Checks when a campaign goes on to the next channel.
import { expect, test } from 'vitest'
import type { Channels } from '../client'
import { goesOnAfterUnknown, hasNextChannel } from './channel-fallback'
import { newDefinition } from './wizard/definition'

const channels = (change: Partial<Channels>): Channels => ({
  mode: 'first_available',
  ladder: ['sms', 'email'],
  ...change,
})

test('a new campaign goes on after a message of unknown fate', () => {
  const fresh = newDefinition('promotion', 'EUR').channels
  expect(fresh.after_unknown).toBeUndefined()
  expect(goesOnAfterUnknown(fresh)).toBe(true)
})
test('a campaign that says no does not go on, and one that says yes does', () => {
  expect(goesOnAfterUnknown(channels({ after_unknown: false }))).toBe(false)
  expect(goesOnAfterUnknown(channels({ after_unknown: true }))).toBe(true)
})
test('without a next channel there is nothing to ask', () => {
  for (const change of [{ mode: 'all' as const }, { ladder: ['sms' as const] }]) {
    expect(hasNextChannel(channels(change))).toBe(false)
    expect(goesOnAfterUnknown(channels({ ...change, after_unknown: true }))).toBe(false)
  }
})

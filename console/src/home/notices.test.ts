// Checks what the notifications say, what counts as new, and what is forgotten.
import { expect, test } from 'vitest'
import type { CampaignHealth, ImportState } from '../client'
import { findNotices, IMPORT_NEWS_MS, noticeKey, readSeen, saveSeen } from './notices'

const now = Date.parse('2026-11-30T12:00:00Z')
const file = (id: string, state: ImportState, age = 0) => ({
  id,
  state,
  file_name: `${id}.csv`,
  updated_at: new Date(now - age).toISOString(),
})
const paused = {
  name: 'Birthday',
  campaign_id: 'cmp_1',
  health: 'paused',
  alerts: [{ cause: 'paused', says: '', next_step: '' }],
} as unknown as CampaignHealth
const storage = () => {
  const kept = new Map<string, string>()
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  }
}

test('decisions come first, then the account, webhooks that refuse, and imports of the last day', () => {
  const notices = findNotices(
    {
      health: [paused],
      readiness: { state: 'not_ready', trial_customers: 200 },
      webhooks: [
        { endpoint: 'app', waiting: 3, more: false },
        { endpoint: 'chat', waiting: 0, more: false },
      ],
      imports: [
        file('running', 'running'),
        file('done', 'done'),
        file('checked', 'checked'),
        file('old', 'failed', IMPORT_NEWS_MS),
      ],
    },
    now,
  )
  expect(notices.map(noticeKey)).toEqual([
    'health cmp_1 paused',
    'readiness not_ready',
    'webhook app',
    'import done done',
    'import checked checked',
  ])
})
test('nothing is claimed of what is not loaded', () => expect(findNotices({}, now)).toEqual([]))
test('an account that is ready, or was never checked, is no news', () => {
  for (const state of ['ready', 'never_checked'] as const)
    expect(findNotices({ readiness: { state, trial_customers: 200 } }, now)).toEqual([])
})
test('what was seen is not new, and what is over is forgotten', () => {
  const kept = storage()
  const [first] = findNotices({ health: [paused] }, now)
  saveSeen([first!], kept)
  expect(readSeen(kept).has(noticeKey(first!))).toBe(true)
  saveSeen([], kept)
  expect(readSeen(kept).size).toBe(0)
})
test('an import that goes on is new again', () => {
  const [checked] = findNotices({ imports: [file('one', 'checked')] }, now)
  const [done] = findNotices({ imports: [file('one', 'done')] }, now)
  expect(noticeKey(checked!)).not.toBe(noticeKey(done!))
})
test('something else under its key is no notice', () => {
  const kept = storage()
  for (const value of ['{', '{"a":1}', '[1,null,"import a done"]']) {
    kept.setItem('console.notices.seen', value)
    expect([...readSeen(kept)]).toEqual(value.startsWith('[') ? ['import a done'] : [])
  }
})

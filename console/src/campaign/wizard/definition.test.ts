// Checks what another moment changes in a draft.
import { expect, test } from 'vitest'
import { type JsonValue, writePointer } from '../../api/json-pointer'
import type { CampaignDefinition } from '../../client'
import { isGoodwill } from '../goodwill'
import type { JsonObject } from './campaign-draft'
import { changesOfMoment, newDefinition } from './definition'

const pick = (draft: CampaignDefinition, when: JsonObject) =>
  changesOfMoment(draft, when, 'EUR').reduce<JsonValue>(
    (tree, [pointer, value]) => writePointer(tree, pointer, value),
    draft as unknown as JsonValue,
  ) as unknown as CampaignDefinition

test('goodwill has no hour, wait or holdout, and is for everyone', () => {
  const draft = pick(
    { ...newDefinition('autopilot', 'EUR'), audience: { tags: { any_of: ['vip'] } } },
    { goodwill: {} },
  )
  expect(draft).toMatchObject({ audience: { everyone: {} }, holdout_percent: 0 })
  expect(draft.trigger).toEqual({ when: { goodwill: {} } })
  expect(isGoodwill(draft)).toBe(true)
})
test('a moment after goodwill starts as in a new autopilot', () => {
  const fresh = newDefinition('autopilot', 'EUR')
  const draft = pick(pick(fresh, { goodwill: {} }), { sign_up: {} })
  expect(draft).toEqual({ ...fresh, trigger: { ...fresh.trigger, when: { sign_up: {} } } })
})
test('between other moments hours and holdout stay as they were set', () => {
  const draft: CampaignDefinition = {
    ...newDefinition('autopilot', 'EUR'),
    holdout_percent: 25,
    trigger: { when: { inactivity: { days: 30 } }, local_hour: 7 },
  }
  expect(pick(draft, { sign_up: {} })).toEqual({
    ...draft,
    trigger: { when: { sign_up: {} }, local_hour: 7 },
  })
})

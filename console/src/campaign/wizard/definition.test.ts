// Checks what another trigger changes in a draft, and what is sent of a launched campaign.
import { expect, test } from 'vitest'
import { type JsonValue, writePointer } from '../../api/json-pointer'
import type { CampaignDefinition } from '../../client'
import { isGoodwill } from '../goodwill'
import type { JsonObject } from './campaign-draft'
import { amendmentOf, changesOfMoment, newDefinition } from './definition'

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

test('of a launched campaign only what changed is sent, and what was removed is null', () => {
  const before = {
    ...newDefinition('promotion', 'EUR'),
    name: 'Spring',
    description: 'first',
    schedule: { ends_at: '2026-12-01T00:00:00Z', local_hour: 9 },
    caps: { vouchers: 1000, exposure: { amount: 500_000, currency: 'EUR' } },
  }
  expect(amendmentOf(before, before)).toEqual({})
  expect(amendmentOf(before, { ...before, name: 'Summer' })).toEqual({ name: 'Summer' })
  expect(
    amendmentOf(before, {
      ...before,
      description: undefined,
      schedule: { local_hour: 9 },
      caps: { vouchers: 2000, redeemed: { amount: 100, currency: 'EUR' } },
    }),
  ).toEqual({
    description: null,
    schedule: { ends_at: null },
    caps: { vouchers: 2000, exposure: null, redeemed: { amount: 100, currency: 'EUR' } },
  })
})
test('what is fixed since the launch is never sent', () => {
  const before = newDefinition('autopilot', 'EUR')
  expect(
    amendmentOf(before, { ...before, holdout_percent: 0, audience: { everyone: {} } }),
  ).toEqual({})
})

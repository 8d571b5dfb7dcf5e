// Checks what the home page says needs a person, in which order, and that it says nothing without cause.
import { expect, test } from 'vitest'
import type { CampaignHealth, CampaignListItem } from '../client'
import { findDecisions, type HomeFacts, latestDrafts, startingNext } from './decisions'

const health = (name: string, state: CampaignHealth['health'], cause?: string) =>
  ({
    name,
    health: state,
    campaign_id: name,
    alerts: cause ? [{ cause, says: '', next_step: '' }] : [],
  }) as unknown as CampaignHealth
const listed = (name: string, changes: Partial<CampaignListItem> = {}) =>
  ({ name, id: name, state: 'running', redeeming: 'open', ...changes }) as CampaignListItem
const found = (facts: HomeFacts) =>
  findDecisions(facts).map((one) =>
    one.kind === 'health'
      ? `${one.campaign.name}: ${one.cause}`
      : 'campaign' in one
        ? `${one.kind}: ${one.campaign.name}`
        : one.kind,
  )

test('where all is well, nothing needs a decision', () => {
  expect(
    found({
      system: { state: 'ok', alerts: [] },
      health: [health('Fine', 'ok'), health('New', 'unknown'), health('Quiet', 'idle')],
      campaigns: [listed('Fine')],
      awaitingApproval: [],
      replies: { items: [] },
    }),
  ).toEqual([])
})
test('nothing is claimed of what is not loaded yet', () => expect(found({})).toEqual([]))
test('what harms customers comes first, what waits comes last', () => {
  expect(
    found({
      replies: { items: [{}, {}], next_cursor: null },
      awaitingApproval: [{ id: 'Big', kind: 'promotion', name: 'Big' }],
      campaigns: [listed('Fine'), listed('Stopped', { redeeming: 'suspended' })],
      health: [
        health('Paused', 'paused', 'paused'),
        health('Silent', 'dormant', 'no_matches'),
        health('Broken', 'failing', 'sends_failing'),
        health('Odd', 'attention'),
      ],
      system: { state: 'failing', alerts: [{}] },
    }),
  ).toEqual([
    'system',
    'Broken: sends_failing',
    'Silent: no_matches',
    'Odd: attention',
    'Paused: paused',
    'redeeming: Stopped',
    'approval: Big',
    'replies',
  ])
})
test('the next to start is the one with the nearest start', () => {
  expect(
    startingNext([
      listed('Later', { state: 'scheduled', starts_at: '2026-03-02T08:00:00+01:00' }),
      listed('Soon', { state: 'scheduled', starts_at: '2026-03-02T06:30:00Z' }),
      listed('Draft', { state: 'draft', starts_at: '2026-03-01T06:30:00Z' }),
    ]).map(({ name }) => name),
  ).toEqual(['Soon', 'Later'])
})
test('drafts come in the order of their last edit', () => {
  expect(
    latestDrafts([
      listed('Old', { state: 'draft', updated_at: '2026-03-01T00:00:00Z' }),
      listed('New', { state: 'draft', updated_at: '2026-03-02T00:00:00Z' }),
      listed('Live', { updated_at: '2026-03-03T00:00:00Z' }),
    ]).map(({ name }) => name),
  ).toEqual(['New', 'Old'])
})

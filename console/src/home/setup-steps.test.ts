// Checks that each step of the checklist is done by its own fact and by no other.
import { expect, test } from 'vitest'
import type { BrandView, ContactPolicyView, CostsView } from '../client'
import { type SetupFacts, setupSteps } from './setup-steps'

const done = (facts: SetupFacts) =>
  setupSteps.filter((step) => step.done(facts)).map(({ id }) => id)

test('on an empty stack, and while nothing is loaded, no step is done', () => {
  expect(done({})).toEqual([])
  expect(
    done({
      brand: { version: 0 } as BrandView,
      policy: { version: 0, tenant_zone: 'UTC' } as ContactPolicyView,
      addresses: { addresses: [] },
      costs: { version: 0, in_force: { sms_micros: 1 } } as CostsView,
      customers: { matched: 0 },
      campaigns: [],
    }),
  ).toEqual([])
})
test('each fact is one step', () => {
  expect(done({ customers: { matched: 1 } })).toEqual(['customers'])
  expect(done({ brand: { sender_name: 'A', postal_address: 'B' } as BrandView })).toEqual(['brand'])
  expect(
    done({
      policy: {
        quiet_hours: { sms: { from: '21:00', to: '08:00' } },
      } as unknown as ContactPolicyView,
    }),
  ).toEqual(['quiet_hours'])
  expect(
    done({ addresses: { addresses: [{ address: 'a@b.example', channel: 'email' }] } }),
  ).toEqual(['test_address'])
  expect(done({ costs: { margin_percent: 0 } as CostsView })).toEqual(['costs'])
  expect(done({ campaigns: [{ launched_at: null }] })).toEqual(['draft'])
  expect(done({ campaigns: [{ launched_at: '2026-03-01T00:00:00Z' }] })).toEqual([
    'draft',
    'launch',
  ])
})
test('a brand with a name and no address is not complete', () => {
  expect(done({ brand: { sender_name: 'A' } as BrandView })).toEqual([])
})

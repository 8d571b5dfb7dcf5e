// Checks how the search of diagnostics reads what was typed.
import { expect, test } from 'vitest'
import { parseCampaignId, parseContact } from './diagnostics-search'

test('an e-mail and a phone number are addresses, all else is an id', () => {
  expect(parseContact(' Ana@Example.com ')).toEqual({ email: 'Ana@Example.com' })
  expect(parseContact('+34 600-000.001')).toEqual({ phone: '+34600000001' })
  expect(parseContact('0034600000001')).toEqual({ phone: '+34600000001' })
  expect(['c-1', '600000001', 'cust-1-001997', ''].map(parseContact)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})
test('a campaign is also found by the address of its page', () => {
  expect(parseCampaignId('https://console.example/marketing/promotion/cmp_9X?tab=vouchers')).toBe(
    'cmp_9X',
  )
})

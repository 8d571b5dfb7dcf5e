// Checks the rows of a campaign's vouchers in a CSV file.
import { expect, test } from 'vitest'
import { csvCell } from '../api/csv'
import type { CampaignVoucher } from '../client'
import { voucherColumns, voucherRow } from './vouchers-csv'

const voucher = (changes: Partial<CampaignVoucher>) =>
  ({
    voucher_id: 'v1',
    customer_id: 'c1',
    status: 'issued',
    issued_at: '2026-03-01T10:00:00Z',
    accept_by: '2026-03-08T10:00:00Z',
    attempts: {},
    run: 'r1',
    ...changes,
  }) as CampaignVoucher
const cell = (name: string, changes: Partial<CampaignVoucher>) =>
  csvCell(voucherRow(voucher(changes))[voucherColumns.indexOf(name)])

test('each column has its cell', () => {
  expect(voucherRow(voucher({})).length).toBe(voucherColumns.length)
})
test('amounts are in units of their currency, which has a column of its own', () => {
  const discount = { amount: 1250, currency: 'EUR' }
  expect([cell('discount', { discount }), cell('currency', { discount })]).toEqual(['12.50', 'EUR'])
  expect(cell('revenue', { revenue: { amount: 500, currency: 'JPY' } })).toBe('500')
  expect([cell('discount', {}), cell('currency', {})]).toEqual(['', ''])
})
test('a skipped customer has the reason, and no cell is a formula', () => {
  expect(cell('skip_reason', { status: 'skipped', skip_reason: 'no_consent' })).toBe('no_consent')
  expect(cell('customer_id', { customer_id: '=HYPERLINK("x")' })).toBe(`"'=HYPERLINK(""x"")"`)
})

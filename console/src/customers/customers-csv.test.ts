// Checks the rows of customers in a CSV file.
import { expect, test } from 'vitest'
import { readAllPages } from '../api/csv'
import type { CustomerRow } from '../client'
import { customerColumns, customerRow } from './customers-csv'

const ana: CustomerRow = {
  customer_id: 'c-1',
  first_name: 'Ana',
  last_name: 'Ruiz',
  orders: 3,
  spend: { amount: 1_250, currency: 'EUR' },
  reach: ['email'],
  unreachable: { sms: 'opted_out' },
  tags: ['vip', 'new'],
  verticals: ['food'],
}
const cell = (name: (typeof customerColumns)[number]) =>
  customerRow(ana)[customerColumns.indexOf(name)]

test('each column has its cell, and no name or contact is among them', () => {
  expect(customerRow(ana)).toHaveLength(customerColumns.length)
  expect(customerRow(ana).join()).not.toMatch(/Ana|Ruiz/)
})
test('a channel says whether it reaches the customer, or why not', () => {
  expect([cell('email'), cell('sms'), cell('push')]).toEqual(['reachable', 'opted_out', undefined])
})
test('spend is in units of its currency', () => {
  expect([cell('spend'), cell('currency')]).toEqual(['12.50', 'EUR'])
})
test('no more than the most is read, and a list that is shorter ends by itself', async () => {
  const pages: string[] = []
  const page = (cursor: string | undefined) => {
    pages.push(cursor ?? 'first')
    return Promise.resolve({
      items: [1, 2, 3],
      next_cursor: pages.length < 4 ? `p${pages.length}` : null,
    })
  }
  expect(await readAllPages(page, undefined, 5)).toEqual([1, 2, 3, 1, 2])
  expect(pages).toEqual(['first', 'p1'])
  expect(await readAllPages(page)).toHaveLength(6)
})

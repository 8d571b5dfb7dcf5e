// Checks the requests for the list of customers.
import { expect, test } from 'vitest'
import { type CustomerFilters, customerRequest } from './customer-search'

const none: CustomerFilters = { text: ' ', tag: '', vertical: '', order: 'last_order' }

test('without a search the order is sent, and with one it is not', () => {
  expect(customerRequest(none, 25, undefined)).toEqual({ limit: 25, order: 'last_order' })
  expect(customerRequest({ ...none, text: ' ana ' }, 25, 'c')).toEqual({
    limit: 25,
    q: 'ana',
    cursor: 'c',
  })
})

test('filters are an audience rule', () => {
  expect(customerRequest({ ...none, tag: ' vip ' }, 25, undefined).audience).toEqual({
    tags: { any_of: ['vip'] },
  })
  expect(
    customerRequest({ ...none, tag: 'vip', vertical: 'food' }, 25, undefined).audience,
  ).toEqual({ all: [{ tags: { any_of: ['vip'] } }, { ordered: { vertical: 'food' } }] })
})

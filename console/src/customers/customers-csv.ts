// Writes customers that a search, a filter or an audience rule selects to a CSV file: ids and what they did, with
// neither names nor contacts, whoever asks.
import { readAllPages, saveCsv } from '../api/csv'
import { callApi } from '../api/requests'
import { type Channel, type CustomerListRequest, type CustomerRow, listCustomers } from '../client'
import { currencyDigits } from '../locales/i18n'

const PAGE_LIMIT = 100
/** The most customers that a browser should hold for one file. */
export const MAX_EXPORTED = 10_000

export const customerColumns = [
  'customer_id',
  'signed_up',
  'last_order',
  'orders',
  'spend',
  'currency',
  'email',
  'sms',
  'push',
  'tags',
  'verticals',
] as const

/** Returns the cells of a customer. A channel that reaches them is `reachable`, else it has the reason. */
export function customerRow(one: CustomerRow): (string | number | null | undefined)[] {
  const reach = (channel: Channel) =>
    one.reach.includes(channel) ? 'reachable' : one.unreachable[channel]
  const { amount, currency } = one.spend
  const digits = currencyDigits(currency)
  return [
    one.customer_id,
    one.signed_up,
    one.last_order,
    one.orders,
    (amount / 10 ** digits).toFixed(digits),
    currency,
    reach('email'),
    reach('sms'),
    reach('push'),
    one.tags.join(' '),
    one.verticals.join(' '),
  ]
}

/** Saves the file, and returns how many customers it has. */
export async function downloadCustomers(
  request: CustomerListRequest,
  onProgress: (customers: number) => void,
): Promise<number> {
  const rows = await readAllPages(
    (cursor) => callApi(listCustomers({ body: { ...request, limit: PAGE_LIMIT, cursor } })),
    onProgress,
    MAX_EXPORTED,
  )
  saveCsv('customers.csv', [customerColumns, ...rows.map(customerRow)])
  return rows.length
}

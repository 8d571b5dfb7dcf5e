// Turns what an operator has typed and chosen on the page of customers into a request for a page of
// the list.
import type { CustomerListRequest } from '../client'

export interface CustomerFilters {
  /** An id, e-mail, phone number or the beginning of a name; nothing of it is in the address. */
  text: string
  tag: string
  vertical: string
  order: 'last_order' | 'any'
}

/** Returns the rule of the filters, or `undefined` without one. */
function filterRule({ tag, vertical }: CustomerFilters) {
  const rules: Record<string, unknown>[] = []
  if (tag.trim()) rules.push({ tags: { any_of: [tag.trim()] } })
  if (vertical.trim()) rules.push({ ordered: { vertical: vertical.trim() } })
  if (rules.length === 0) return undefined
  return rules.length === 1 ? rules[0] : { all: rules }
}

export function customerRequest(
  filters: CustomerFilters,
  limit: number,
  cursor: string | undefined,
): CustomerListRequest {
  const q = filters.text.trim()
  const audience = filterRule(filters) as CustomerListRequest['audience'] | undefined
  return {
    limit,
    ...(q ? { q } : { order: filters.order }),
    ...(audience ? { audience } : {}),
    ...(cursor ? { cursor } : {}),
  }
}

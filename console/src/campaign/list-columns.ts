// Keeps which columns of a list an operator has hidden, in this browser.
import type { CampaignKind } from '../client'
import { msg } from '../locales/i18n'

export type ListColumn = 'audience' | 'funnel' | 'revenue' | 'cost' | 'edited'

export const columnLabels: Record<ListColumn, string> = {
  audience: msg('Audience'),
  funnel: msg('Issued, delivered, accepted, redeemed'),
  revenue: msg('Revenue'),
  cost: msg('Cost'),
  edited: msg('Last edited'),
}
const allColumns = Object.keys(columnLabels) as ListColumn[]
const keyOf = (kind: CampaignKind) => `console.columns.${kind}`

/** Returns the hidden columns. Anything else under the key hides nothing. */
export function readHidden(
  kind: CampaignKind,
  storage: Pick<Storage, 'getItem'>,
): ReadonlySet<ListColumn> {
  const read = (storage.getItem(keyOf(kind)) ?? '').split(',')
  return new Set(allColumns.filter((column) => read.includes(column)))
}

export const saveHidden = (
  kind: CampaignKind,
  hidden: ReadonlySet<ListColumn>,
  storage: Pick<Storage, 'setItem'>,
) => storage.setItem(keyOf(kind), [...hidden].join())

// Keeps the saved views of a list in this browser: a name, and the filters that the address has.
import type { CampaignKind } from '../client'

export interface ListView {
  name: string
  filters: Record<string, string>
}

/** The filters that belong to a view; the page of a list does not. */
const viewFilters = ['q', 'state', 'owner', 'sort'] as const
export const MAX_VIEWS = 20
export const MAX_VIEW_NAME = 60

const keyOf = (kind: CampaignKind) => `console.views.${kind}`

/** Returns the saved views, or none where something else wrote under this key. */
export function readViews(kind: CampaignKind, storage: Pick<Storage, 'getItem'>): ListView[] {
  try {
    const read: unknown = JSON.parse(storage.getItem(keyOf(kind)) ?? '[]')
    return Array.isArray(read) ? read.flatMap(viewFrom).slice(0, MAX_VIEWS) : []
  } catch {
    return []
  }
}

function viewFrom(value: unknown): ListView[] {
  if (typeof value !== 'object' || value === null) return []
  const { name, filters } = value as { name?: unknown; filters?: unknown }
  if (typeof name !== 'string' || name === '' || typeof filters !== 'object' || !filters) return []
  return [{ name, filters: pickFilters((one) => (filters as Record<string, unknown>)[one]) }]
}

/** Returns the filters of a view that have a value. */
export const pickFilters = (text: (name: string) => unknown): Record<string, string> =>
  Object.fromEntries(
    viewFilters.flatMap((name) => {
      const value = text(name)
      return typeof value === 'string' && value !== '' ? [[name, value]] : []
    }),
  )

export const saveViews = (
  kind: CampaignKind,
  views: readonly ListView[],
  storage: Pick<Storage, 'setItem'>,
) => storage.setItem(keyOf(kind), JSON.stringify(views))

/** Adds a view, in the place of the one with the same name. */
export const withView = (views: readonly ListView[], view: ListView): ListView[] => [
  ...views.filter(({ name }) => name !== view.name),
  view,
]

/** Returns the view whose filters are the present ones. */
export const viewInForce = (views: readonly ListView[], filters: Record<string, string>) =>
  views.find((view) =>
    viewFilters.every((name) => (view.filters[name] ?? '') === (filters[name] ?? '')),
  )

/** Returns the change of the address that applies a view: filters that it lacks are taken away. */
export const changeTo = (view: ListView | undefined): Record<string, string | undefined> =>
  Object.fromEntries(viewFilters.map((name) => [name, view?.filters[name]]))

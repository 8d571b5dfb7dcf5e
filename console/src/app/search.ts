// Filters and pages in the address: what a list reads of it, and how it writes it back.
import { useNavigate, useSearch } from '@tanstack/react-router'

export type Search = Record<string, string | string[] | undefined>

/** What a link asks for; components that draw a link as something else cannot type it. */
export const asks = (search: Search) => search as never

/** Texts and lists of texts; everything else in an address is ignored. */
export function readSearch(raw: Record<string, unknown>): Search {
  const kept: Search = {}
  for (const [name, value] of Object.entries(raw)) {
    if (typeof value === 'string' || typeof value === 'number') kept[name] = String(value)
    else if (Array.isArray(value)) kept[name] = value.map(String)
  }
  return kept
}

export function useFilters() {
  const search = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  const text = (name: string) => (typeof search[name] === 'string' ? search[name] : undefined)
  const cursors = Array.isArray(search.page) ? search.page : []
  /** Another filter begins at the first page again. "Back" takes a choice back, and of what is typed all letters at once. */
  const set = (change: Search, typed = false) => {
    void navigate({ to: '.', search: ((old: Search) => {
      const next: Search = { ...old, page: undefined, ...change }
      return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined && value !== '' && value.length > 0))
    }) as never, replace: typed })
  }
  return { text, cursors, set, turn: (page: string[]) => set({ page }) }
}

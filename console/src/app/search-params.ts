// Reads filters, tabs and list pages from the address, and writes them back.
import { useNavigate, useSearch } from '@tanstack/react-router'

export type SearchParams = Record<string, string | string[] | undefined>

/**
 * Returns the search parameters of a link in the type that components with a custom link element
 * need.
 */
export const searchParams = (search: SearchParams) => search as never

/** Keeps texts and lists of texts, and ignores everything else in an address. */
export function parseSearchParams(raw: Record<string, unknown>): SearchParams {
  const kept: SearchParams = {}
  for (const [name, value] of Object.entries(raw)) {
    if (typeof value === 'string' || typeof value === 'number') kept[name] = String(value)
    else if (Array.isArray(value)) kept[name] = value.map(String)
  }
  return kept
}

export function useFilters() {
  const search = useSearch({ strict: false }) as SearchParams
  const navigate = useNavigate()
  const text = (name: string) => (typeof search[name] === 'string' ? search[name] : undefined)
  const cursors = Array.isArray(search.page) ? search.page : []
  /**
   * Changes filters and returns to the first page. "Back" undoes each choice; letters typed in a
   * row count as one choice.
   */
  const set = (change: SearchParams, typed = false) => {
    void navigate({
      to: '.',
      search: ((old: SearchParams) => {
        const next: SearchParams = { ...old, page: undefined, ...change }
        return Object.fromEntries(
          Object.entries(next).filter(
            ([, value]) => value !== undefined && value !== '' && value.length > 0,
          ),
        )
      }) as never,
      replace: typed,
      // What is typed or chosen in place is still in sight.
      resetScroll: !typed,
    })
  }
  return { text, cursors, set, setCursors: (page: string[]) => set({ page }) }
}

// Reads the values that occur in the marketplace's data, with how many have each, and says how they
// are called and counted.
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { callApi } from '../../api/requests'
import { type ListValuesData, listValues, type OccurringValue, type ValueList } from '../../client'

export type ValueKind = ListValuesData['query']['of']

const DEBOUNCE_MS = 200
const STALE_MS = 30_000
/** The values that a picker shows: as many as a page of the API has at most. */
const SHOWN = 100

const valuesQuery = (of: ValueKind, q: string) => ({
  queryKey: ['values', of, q],
  staleTime: STALE_MS,
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    callApi<ValueList>(listValues({ query: { of, q: q || undefined, limit: SHOWN }, signal })),
})

/** Returns the values whose key or name contains what is typed, most first. */
export function useKnownValues(of: ValueKind, typed: string) {
  const [q] = useDebouncedValue(typed.trim(), DEBOUNCE_MS)
  const found = useQuery({ ...valuesQuery(of, q), placeholderData: keepPreviousData })
  return found.data?.items ?? []
}

/**
 * Returns true for each value that nobody has, once that is known. Before anything of the kind has
 * occurred, nothing is in doubt.
 */
export function useUnseenValues(of: ValueKind, values: string[]): string[] {
  const [settled] = useDebouncedValue(JSON.stringify(values), DEBOUNCE_MS)
  const unseen = useQuery({
    queryKey: ['unseen values', of, settled],
    staleTime: STALE_MS,
    enabled: settled !== '[]',
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const asked = (JSON.parse(settled) as string[]).filter((value) => value.trim() !== '')
      const any = await callApi<ValueList>(listValues({ query: { of, limit: 1 }, signal }))
      if (any.items.length === 0) return []
      const answers = await Promise.all(
        asked.map((q) =>
          callApi<ValueList>(listValues({ query: { of, q, limit: SHOWN }, signal })),
        ),
      )
      return asked.filter((value, place) => !isAmong(value, answers[place]!))
    },
  })
  return (unseen.data ?? []).filter((value) => values.includes(value))
}

/** Returns true if the value was found, or may be on a page that was not read. */
export const isAmong = (value: string, { items, next_cursor }: ValueList) =>
  Boolean(next_cursor) || items.some((item) => item.value === value)

/**
 * Returns the name of a value in the operator's language, or else in English, in the language of a
 * merchant, or in any; the value itself if it has none.
 */
export function valueName({ value, names }: OccurringValue, language: string): string {
  const base = (tag: string) => tag.split('-')[0]
  const [inLanguage] = Object.entries(names).filter(([tag]) => base(tag) === language)
  return inLanguage?.[1] ?? names.en ?? names.und ?? Object.values(names)[0] ?? value
}

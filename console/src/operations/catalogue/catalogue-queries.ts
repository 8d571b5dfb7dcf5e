// Reads the parts of the catalogue page by page, and says again what is in them after a change.
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { callApi } from '../../api/requests'
import { getNames, type ListMerchantsData, listMerchants, listValues } from '../../client'
import { msg } from '../../locales/i18n'

export type MerchantSort = NonNullable<NonNullable<ListMerchantsData['query']>['sort']>
export type NamedPart = 'verticals' | 'categories'
export type CataloguePart = 'merchants' | NamedPart | 'cities'

export const partLabels: Record<CataloguePart, string> = {
  merchants: msg('Merchants'),
  verticals: msg('Verticals'),
  categories: msg('Categories'),
  cities: msg('Cities'),
}

/** The kind of value that a part of the catalogue names. */
export const valueKinds = {
  verticals: 'vertical',
  categories: 'category',
  cities: 'city',
} as const

const PAGE_SIZE = 25
const DEBOUNCE_MS = 250

interface Asked {
  q: string
  sort: string | undefined
  cursor: string | undefined
}

export const useMerchants = ({ q, sort, cursor }: Asked) => {
  const [settled] = useDebouncedValue(q.trim(), DEBOUNCE_MS)
  return useQuery({
    queryKey: ['catalogue', 'merchants', settled, sort, cursor],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      callApi(
        listMerchants({
          query: {
            q: settled || undefined,
            sort: sort as MerchantSort | undefined,
            limit: PAGE_SIZE,
            cursor,
          },
          signal,
        }),
      ),
  })
}

export const useValues = (part: NamedPart | 'cities', { q, sort, cursor }: Asked) => {
  const [settled] = useDebouncedValue(q.trim(), DEBOUNCE_MS)
  return useQuery({
    queryKey: ['catalogue', part, settled, sort, cursor],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      callApi(
        listValues({
          query: {
            of: valueKinds[part],
            q: settled || undefined,
            sort: sort === 'name' ? 'name' : undefined,
            limit: PAGE_SIZE,
            cursor,
          },
          signal,
        }),
      ),
  })
}

/** Reads the names that were told of one entry. One that was never named has none. */
export const readNames = async (kind: NamedPart, key: string) => {
  const told = await callApi(getNames({ path: { kind, key } }))
  return told.names
}

/** The API keeps what it knows of names for ten seconds. */
const KEPT_MS = 11_000

/** Returns a function that reads lists and pickers again after a change of the catalogue, and once more
 * when the API knows of it everywhere. */
export function useInvalidateCatalogue() {
  const queryClient = useQueryClient()
  const readAgain = () =>
    Promise.all(
      ['catalogue', 'values', 'unseen values'].map((first) =>
        queryClient.invalidateQueries({ queryKey: [first] }),
      ),
    )
  return () => {
    setTimeout(() => void readAgain(), KEPT_MS)
    return readAgain()
  }
}

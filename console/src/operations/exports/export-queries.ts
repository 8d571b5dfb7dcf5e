// Reads exports, and shows an answer of the API at once.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { callApi } from '../../api/requests'
import { type ExportState, type ExportView, listExports, readExport } from '../../client'

export const exportsPath = '/configuration/voucher-campaign/exports' as const

const LIST = ['exports', 'list']
const PAGE_SIZE = 25
/** Progress is read this often while an export is running. */
const POLL_MS = 1_500
/** The list is read this often. */
const LIST_POLL_MS = 5_000
/** The addresses of files are good for a quarter of an hour. */
const ADDRESS_POLL_MS = 10 * 60_000

const exportKey = (id: string) => ['exports', 'one', id]

/** Returns the time until an export is read again, or false if nothing of it changes any more. */
export const pollTime = (state: ExportState | undefined) => {
  if (state === undefined || state === 'running') return POLL_MS
  return state === 'done' ? ADDRESS_POLL_MS : false
}

export const useExports = (cursor: string | undefined) =>
  useQuery({
    queryKey: [...LIST, cursor],
    placeholderData: keepPreviousData,
    refetchInterval: LIST_POLL_MS,
    queryFn: ({ signal }) => callApi(listExports({ query: { limit: PAGE_SIZE, cursor }, signal })),
  })

export const useExport = (id: string) =>
  useQuery({
    queryKey: exportKey(id),
    // The browser forgets the addresses of files as soon as they are no longer shown.
    gcTime: 0,
    queryFn: ({ signal }) => callApi(readExport({ path: { id }, signal })),
    refetchInterval: ({ state }) => pollTime(state.data?.state),
  })

/** Returns a function that shows an answer of the API as the state of its export. */
export function useKeepExport() {
  const queryClient = useQueryClient()
  return useCallback(
    (view: ExportView) => {
      queryClient.setQueryData(exportKey(view.id), view)
      void queryClient.invalidateQueries({ queryKey: LIST })
    },
    [queryClient],
  )
}

// Reads imports and their files, and shows an answer of the API at once.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { callApi } from '../../api/requests'
import {
  type ImportState,
  type ImportView,
  listImports,
  previewImport,
  readImport,
  readRefusedRecords,
} from '../../client'

export const importsPath = '/configuration/voucher-campaign/imports' as const

const LIST = ['imports', 'list']
const PAGE_SIZE = 25
/** Progress is read this often while a file is being read. */
const POLL_MS = 1_500
/** The list is read this often. */
const LIST_POLL_MS = 5_000

const importKey = (id: string) => ['imports', 'one', id]

/** Returns true while an import goes on without anybody's help. */
export const isWorking = (state: ImportState) =>
  state === 'waiting_for_upload' || state === 'reading' || state === 'running'

/** Returns true if nothing will happen to an import any more. */
export const isOver = (state: ImportState) => !isWorking(state) && state !== 'checked'

export const useImports = (cursor: string | undefined) =>
  useQuery({
    queryKey: [...LIST, cursor],
    placeholderData: keepPreviousData,
    refetchInterval: LIST_POLL_MS,
    queryFn: ({ signal }) => callApi(listImports({ query: { limit: PAGE_SIZE, cursor }, signal })),
  })

export const useImport = (id: string) =>
  useQuery({
    queryKey: importKey(id),
    queryFn: ({ signal }) => callApi(readImport({ path: { id }, signal })),
    refetchInterval: ({ state }) => (!state.data || isWorking(state.data.state) ? POLL_MS : false),
  })

/** Reads the beginning of an import's file. It is another one for each mapping. */
export const usePreview = (view: ImportView, enabled: boolean) =>
  useQuery({
    queryKey: ['imports', 'preview', view.id, view.mapping, view.defaults],
    enabled,
    // The browser forgets contacts as soon as they are no longer shown.
    gcTime: 0,
    retry: false,
    queryFn: ({ signal }) => callApi(previewImport({ path: { id: view.id }, signal })),
  })

/** Reads the addresses of the refused records. */
export const readRefused = (id: string) => callApi(readRefusedRecords({ path: { id } }))

/** Returns a function that shows an answer of the API as the state of its import. */
export function useKeepImport() {
  const queryClient = useQueryClient()
  return useCallback(
    (view: ImportView) => {
      queryClient.setQueryData(importKey(view.id), view)
      void queryClient.invalidateQueries({ queryKey: LIST })
    },
    [queryClient],
  )
}

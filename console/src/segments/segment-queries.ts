// Reads the saved segments and the declared attributes, which pages and the rule editor share.
import { queryOptions } from '@tanstack/react-query'
import { callApi } from '../api/requests'
import { listSegments, readAttributes } from '../client'

const STALE_MS = 30_000

export const segmentsQuery = queryOptions({
  queryKey: ['segments'],
  staleTime: STALE_MS,
  queryFn: ({ signal }) => callApi(listSegments({ signal })),
})

export const attributesQuery = queryOptions({
  queryKey: ['attributes'],
  staleTime: STALE_MS,
  queryFn: ({ signal }) => callApi(readAttributes({ signal })),
})

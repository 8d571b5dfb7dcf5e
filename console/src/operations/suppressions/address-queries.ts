// Reads the state of an address, and keeps it after a change. The address travels in the body of a
// request; in the console's own address stands its key.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { callApi } from '../../api/requests'
import { type AddressName, type AddressView, type Channel, searchSuppression } from '../../client'

export const suppressionsPath = '/configuration/voucher-campaign/suppressions' as const

const addressKey = (key: string) => ['suppressions', 'address', key]

export const searchAddress = (body: AddressName, signal?: AbortSignal) =>
  callApi(searchSuppression({ body, signal }))

export const useAddress = (key: string, channel: Channel | undefined) =>
  useQuery({
    queryKey: addressKey(key),
    queryFn: ({ signal }) => searchAddress({ key, channel }, signal),
  })

/** Returns a function that shows an answer of the API as the state of its address. */
export function useKeepAddress() {
  const queryClient = useQueryClient()
  return useCallback(
    (view: AddressView) => queryClient.setQueryData(addressKey(view.key), view),
    [queryClient],
  )
}

/** Returns a function that reads again what a change of an address shows elsewhere. */
export function useInvalidateSuppressions() {
  const queryClient = useQueryClient()
  return useCallback(
    () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ['suppressions'] }),
        queryClient.invalidateQueries({ queryKey: ['diagnostics'] }),
      ]),
    [queryClient],
  )
}

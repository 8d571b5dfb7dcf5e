// Reads the readiness of the AWS account, once for all who show it.
import { callApiWithEtag } from '../api/requests'
import { readReadiness } from '../client'

export const readinessQuery = {
  queryKey: ['readiness'],
  queryFn: ({ signal }: { signal: AbortSignal }) => callApiWithEtag(readReadiness({ signal })),
}

// Shows a query as what it is: loading, failed, or its data.
import type { ReactNode } from 'react'
import { LoadingSkeleton } from './loading'
import { ProblemAlert } from './problem-alert'

/** Shows the loading skeleton, the error or the data of a query. */
export function QueryResult<T>({
  query,
  children,
}: {
  query: { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown }
  children: (data: T) => ReactNode
}) {
  if (query.data !== undefined)
    return (
      <>
        {query.error ? (
          <ProblemAlert error={query.error} retry={() => void query.refetch()} />
        ) : null}
        {children(query.data)}
      </>
    )
  if (query.error) return <ProblemAlert error={query.error} retry={() => void query.refetch()} />
  return <LoadingSkeleton />
}

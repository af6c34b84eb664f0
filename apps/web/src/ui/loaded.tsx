import type { ReactNode } from 'react'
import { isNotFound } from '../api/errors.ts'
import { useIsOnline } from '../shell/use-is-online.ts'
import { ErrorState } from './error-state.tsx'
import { NotFound } from './not-found.tsx'

interface Query<Data> {
  data: Data | undefined
  error: unknown
  refetch: () => unknown
}

interface LoadedProps<Data> {
  query: Query<Data>
  /** Grey places in the form of what will come. */
  skeleton: ReactNode
  children: (data: Data) => ReactNode
}

/** The one way to show what a query brings: data as soon as there is any, else its error, else the grey places. */
export function Loaded<Data>({ query, skeleton, children }: LoadedProps<Data>) {
  const isOnline = useIsOnline()
  if (query.data !== undefined) return children(query.data)
  if (isNotFound(query.error)) return <NotFound />
  if (query.error || !isOnline) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />
  return skeleton
}

import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { ErrorState } from '../ui/error-state.tsx'

/** What no component was ready for, as when a part of the page could not be fetched. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  return <ErrorState heading="h1" error={error} onRetry={() => void router.invalidate().then(reset)} />
}

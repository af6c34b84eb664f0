import type { ErrorComponentProps } from '@tanstack/react-router'
import { ErrorState } from '../ui/error-state.tsx'

/** What no component was ready for. Loading anew also helps where a new version took the place of this page's files. */
export const RouteError = ({ error }: ErrorComponentProps) => (
  <ErrorState heading="h1" error={error} onRetry={() => location.reload()} />
)

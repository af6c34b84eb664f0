import { queryClient } from '../api/query-client.ts'
import { hasCode } from '../api/errors.ts'
import { sessionQuery } from '../session/session.ts'

const pauseMs = 5_000

/**
 * A session that has ended ends its stream, and the page hears of it here first. But a new password gives the browser a new
 * token, and the stream may have come back with the old one: so it is asked who is here before anybody is sent away.
 */
export async function mayTryAgain(refusal: unknown, signal: AbortSignal): Promise<boolean> {
  if (!hasCode(refusal, 'UNAUTHORIZED')) return false
  await queryClient.refetchQueries({ queryKey: sessionQuery.queryKey })
  if (!queryClient.getQueryData(sessionQuery.queryKey)) return false
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, pauseMs)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
  return true
}

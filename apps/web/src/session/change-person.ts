import type { QueryClient } from '@tanstack/react-query'
import { forgetSession, sessionKey } from './forget-session.ts'
import type { Session } from './session.ts'
import { rememberSignIn } from './sign-in-memory.ts'

export function startSession(queryClient: QueryClient, { user, session }: Session) {
  clearPrivate(queryClient)
  rememberSignIn()
  queryClient.setQueryData<Session>(sessionKey, { user, session })
}

export function endSession(queryClient: QueryClient) {
  clearPrivate(queryClient)
  forgetSession(queryClient)
}

/**
 * Nothing that one person saw is left for the next. The session's own query stays: the frame of the page watches it,
 * and a watched query that is removed changes without anybody hearing of it.
 */
function clearPrivate(queryClient: QueryClient) {
  queryClient.getMutationCache().clear()
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] })
}

import { type QueryClient, queryOptions } from '@tanstack/react-query'
import type { RouterOutputs } from '@tenon/sdk'
import { client } from '../api/client.ts'
import { hasCode } from '../api/errors.ts'
import { sessionKey } from './forget-session.ts'
import { forgetSignIn, mayBeSignedIn, rememberSignIn } from './sign-in-memory.ts'

export type Session = RouterOutputs['auth']['session']
export type Me = Session['user']

/** Who is signed in, null for nobody. */
export const sessionQuery = queryOptions({
  queryKey: sessionKey,
  queryFn: async () => (mayBeSignedIn() ? await askWho() : null),
  staleTime: 60_000,
})

/** Asks the server also when no sign-in is remembered: for pages that are somebody's. */
export async function requireSession(queryClient: QueryClient): Promise<Session | null> {
  const known = queryClient.getQueryData(sessionQuery.queryKey)
  return known ?? queryClient.fetchQuery({ ...sessionQuery, queryFn: askWho, staleTime: 0 })
}

async function askWho(): Promise<Session | null> {
  try {
    const session = await client.auth.session.query()
    rememberSignIn()
    return session
  } catch (error) {
    if (!hasCode(error, 'UNAUTHORIZED')) throw error
    forgetSignIn()
    return null
  }
}

import type { QueryClient } from '@tanstack/react-query'
import { redirect } from '@tanstack/react-router'
import { safeNext } from '../session/safe-next.ts'
import { sessionQuery } from '../session/session.ts'

/** Where to go after signing in, as the address says; `safeNext` judges it when it is used. */
export function nextOf(search: Record<string, unknown>): { next?: string } {
  return typeof search['next'] === 'string' ? { next: search['next'] } : {}
}

/** Who is signed in needs no way in. A failure to find out is no reason to keep the form from anybody. */
export async function redirectSignedIn(queryClient: QueryClient, next: string | undefined) {
  const session = await queryClient.ensureQueryData(sessionQuery).catch(() => null)
  if (session) throw redirect({ href: safeNext(next), replace: true })
}

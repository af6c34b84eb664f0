import type { Kysely } from 'kysely'
import type { Database } from '../db.ts'
import { isPermitted } from '../features/auth/permissions.ts'
import type { Subscriber } from './open-streams.ts'

/** Those of the sessions that hold, by their ids. One query, however many. */
export async function findSessions(db: Kysely<Database>, ids: string[]) {
  const rows = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.userId')
    .select(['sessions.id', 'sessions.authenticatedAt', 'users.role'])
    .where(({ eb, val }) => eb('sessions.id', '=', eb.fn.any(val(ids))))
    .where('sessions.expiresAt', '>', new Date())
    .where('users.deletedAt', 'is', null)
    .where('users.suspendedAt', 'is', null)
    .execute()
  return new Map(rows.map((row) => [row.id, row]))
}

type Session = Awaited<ReturnType<typeof findSessions>> extends Map<string, infer Row> ? Row : never

/**
 * Whether somebody may go on hearing. Where the password was given again, a browser has a new token since: who came in with
 * the old one comes back with the new one, or not at all.
 */
export function mayStay({ topics, authenticatedAt, expiresAt }: Subscriber, session: Session | undefined) {
  if (!session || (expiresAt && expiresAt.getTime() <= Date.now())) return false
  if (authenticatedAt && authenticatedAt.getTime() !== session.authenticatedAt.getTime()) return false
  return !topics.has('jobs') || isPermitted(session.role, 'jobs:read')
}

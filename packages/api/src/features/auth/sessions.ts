import type { Kysely, Transaction } from 'kysely'
import { generateIdFromEntropySize, Lucia, TimeSpan } from 'lucia'
import type { z } from 'zod'
import type { Context, IncomingRequest } from '../../context.ts'
import type { Database } from '../../db.ts'
import { newId } from '../../ids.ts'
import { toUser } from './account.ts'
import { deviceOf } from './device.ts'
import { LuciaAdapter } from './lucia-adapter.ts'
import type { session } from './output.ts'
import type { Principal, SessionRecord } from './principal.ts'
import { touchSession, updateTokenHash } from './queries.ts'
import { sha256 } from '../../secrets.ts'

// The one file that speaks to Lucia, which is no longer maintained: leaving it means rewriting this and its adapter.
const lucia = (db: Kysely<Database>) =>
  new Lucia(new LuciaAdapter(db), {
    sessionExpiresIn: new TimeSpan(30, 'd'),
    getSessionAttributes: ({ record }) => ({ record }),
    getUserAttributes: ({ account }) => ({ account }),
  })

declare module 'lucia' {
  interface Register {
    Lucia: ReturnType<typeof lucia>
  }
}

const tokenPattern = /^[a-z2-7]{40}$/
const hour = 60 * 60 * 1000

/** A new session with a new token, whatever the request held before. The token is known to nobody afterwards. */
export async function startSession(
  trx: Transaction<Database>,
  userId: string,
  { ip, userAgent }: IncomingRequest,
) {
  const now = new Date()
  const record = {
    id: newId(),
    device: deviceOf(userAgent),
    ip,
    createdAt: now,
    lastSeenAt: now,
    authenticatedAt: now,
    expiresAt: now,
    absoluteExpiresAt: new Date(now.getTime() + 90 * 24 * hour),
  }
  const { id: token, expiresAt } = await lucia(trx).createSession(userId, { record })
  return { token, record: { ...record, expiresAt } }
}

/** Who holds this token. Slides the session, with at most one write per half of its life. */
export async function principalOfToken(db: Kysely<Database>, token: string): Promise<Principal | null> {
  if (!tokenPattern.test(token)) return null
  const { user, session } = await lucia(db).validateSession(token)
  if (!session) return null
  const record = session.fresh ? slid(session.record, session.expiresAt) : session.record
  if (record.lastSeenAt.getTime() < Date.now() - hour) await touchSession(db, record.id, user.id)
  return { user: toUser(user.account), session: record, via: 'session' }
}

/** A new token in place of this one, which is dead from now on; nothing where another took its place already. */
export async function replaceToken(
  trx: Transaction<Database>,
  sessionId: string,
  token: string,
): Promise<string | undefined> {
  // As unguessable as Lucia's own: 200 bits.
  const newToken = generateIdFromEntropySize(25)
  const hashes = { from: sha256(token), to: sha256(newToken) }
  return (await updateTokenHash(trx, sessionId, hashes)) ? newToken : undefined
}

function slid(record: SessionRecord, until: Date): SessionRecord {
  return { ...record, expiresAt: until < record.absoluteExpiresAt ? until : record.absoluteExpiresAt }
}

export const endSessionsOf = (db: Kysely<Database>, userId: string) =>
  lucia(db).invalidateUserSessions(userId)

export function toSession(
  record: Omit<SessionRecord, 'absoluteExpiresAt' | 'authenticatedAt'>,
  { principal }: Pick<Context, 'principal'>,
): z.output<typeof session> {
  const { id, device, ip, createdAt, lastSeenAt, expiresAt } = record
  return {
    id,
    current: id === principal?.session.id,
    device,
    ip,
    createdAt: createdAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  }
}

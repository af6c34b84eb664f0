import type { Kysely } from 'kysely'
import type { Adapter, DatabaseSession, DatabaseUser } from 'lucia'
import type { Database } from '../../db.ts'
import { sha256 } from '../../secrets.ts'
import { accountColumns, type Account } from './account.ts'
import type { SessionRecord } from './principal.ts'

declare module 'lucia' {
  interface Register {
    UserId: string
    DatabaseUserAttributes: { account: Account }
    DatabaseSessionAttributes: { record: SessionRecord }
  }
}

/**
 * Lucia's view of the sessions table: Lucia speaks of tokens, the table holds their hashes.
 *
 * Lucia slides a session at any request when less than half of its life is left. One that has reached its absolute
 * end can slide no further and would be written at every request: that one is shown to Lucia as if it had just
 * begun. Whether a session has expired is decided by the `where`.
 */
export class LuciaAdapter implements Adapter {
  readonly #db: Kysely<Database>

  constructor(db: Kysely<Database>) {
    this.#db = db
  }

  async getSessionAndUser(token: string): Promise<[DatabaseSession | null, DatabaseUser | null]> {
    const row = await selectSession(this.#db)
      .where('sessions.tokenHash', '=', sha256(token))
      .executeTakeFirst()
    if (!row) return [null, null]
    const { record, account } = toSessionAndAccount(row)
    const isAtItsEnd = record.expiresAt >= record.absoluteExpiresAt
    const expiresAt = isAtItsEnd ? new Date(Date.now() + 365 * 24 * 60 * 60 * 1000) : record.expiresAt
    return [
      { id: token, userId: account.id, expiresAt, attributes: { record } },
      { id: account.id, attributes: { account } },
    ]
  }

  async setSession({ id: token, userId, expiresAt, attributes }: DatabaseSession): Promise<void> {
    await this.#db
      .insertInto('sessions')
      .values({ ...attributes.record, expiresAt, userId, tokenHash: sha256(token) })
      .execute()
  }

  async updateSessionExpiration(token: string, expiresAt: Date): Promise<void> {
    await this.#db
      .updateTable('sessions')
      .set((eb) => ({ expiresAt: eb.fn<Date>('least', [eb.val(expiresAt), 'absoluteExpiresAt']) }))
      .where('tokenHash', '=', sha256(token))
      .execute()
  }

  async deleteSession(token: string): Promise<void> {
    await this.#db.deleteFrom('sessions').where('tokenHash', '=', sha256(token)).execute()
  }

  async deleteUserSessions(userId: string): Promise<void> {
    await this.#db.deleteFrom('sessions').where('userId', '=', userId).execute()
  }

  async deleteExpiredSessions(): Promise<void> {
    await this.#db.deleteFrom('sessions').where('expiresAt', '<=', new Date()).execute()
  }

  /** Part of the interface; Tenon lists sessions by their public ids, as there is no way back to a token. */
  async getUserSessions(): Promise<DatabaseSession[]> {
    return []
  }
}

/** Live sessions of people who are there and not suspended. */
export function selectSession(db: Kysely<Database>) {
  return db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.userId')
    .select(accountColumns)
    .select(['sessions.id as sessionId', 'sessions.createdAt as sessionCreatedAt'])
    .select([
      'sessions.device',
      'sessions.ip',
      'sessions.lastSeenAt',
      'sessions.authenticatedAt',
      'sessions.expiresAt',
      'sessions.absoluteExpiresAt',
    ])
    .where('sessions.expiresAt', '>', new Date())
    .where('users.deletedAt', 'is', null)
    .where('users.suspendedAt', 'is', null)
}

type SessionAndAccount = Account &
  Omit<SessionRecord, 'id' | 'createdAt'> & {
    sessionId: string
    sessionCreatedAt: Date
  }

export function toSessionAndAccount({ sessionId, sessionCreatedAt, ...row }: SessionAndAccount) {
  const { device, ip, lastSeenAt, authenticatedAt, expiresAt, absoluteExpiresAt, ...account } = row
  const record: SessionRecord = {
    id: sessionId,
    device,
    ip,
    createdAt: sessionCreatedAt,
    lastSeenAt,
    authenticatedAt,
    expiresAt,
    absoluteExpiresAt,
  }
  return { record, account }
}

import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from '../../db.ts'
import { accountColumns, canComeBack } from './account.ts'
import type { Role } from './roles.ts'

/** Also of those who are suspended, or deleted and may come back. */
export function findAccountWithPassword(db: Kysely<Database>, email: string) {
  return db
    .selectFrom('users')
    .select(accountColumns)
    .select('passwordHash')
    .where('email', '=', email)
    .where(canComeBack())
    .executeTakeFirst()
}

export function findAccount(db: Kysely<Database>, id: string) {
  return db
    .selectFrom('users')
    .select(accountColumns)
    .where('id', '=', id)
    .where('deletedAt', 'is', null)
    .executeTakeFirst()
}

/** Undefined without a password. */
export async function findPasswordHash(db: Kysely<Database>, userId: string): Promise<string | undefined> {
  const row = await db.selectFrom('users').select('passwordHash').where('id', '=', userId).executeTakeFirst()
  return row?.passwordHash ?? undefined
}

/**
 * Nothing when this is no longer the password; a change of it, or of the account's standing, waits from now on. What was
 * verified before the transaction would otherwise outlive a reset or a suspension that came in between.
 */
export function lockAccount(trx: Transaction<Database>, userId: string, passwordHash: string) {
  return trx
    .selectFrom('users')
    .select(['suspendedAt', 'deletedAt'])
    .where('id', '=', userId)
    .where('passwordHash', '=', passwordHash)
    .where(canComeBack())
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/** Whether it is still there; what would end it together with others, like a reset, waits from now on. */
export async function lockSession(trx: Transaction<Database>, userId: string, id: string): Promise<boolean> {
  await trx.selectFrom('users').select('id').where('id', '=', userId).forNoKeyUpdate().execute()
  const row = await trx.selectFrom('sessions').select('id').where('id', '=', id).executeTakeFirst()
  return row !== undefined
}

/** Brings a deleted account back. */
export async function markPresent(trx: Transaction<Database>, userId: string): Promise<void> {
  await trx
    .updateTable('users')
    .set({ lastSeenAt: new Date(), deletedAt: null })
    .where('id', '=', userId)
    .execute()
}

export async function updatePasswordHash(trx: Transaction<Database>, userId: string, passwordHash: string) {
  await trx
    .updateTable('users')
    .set({ passwordHash, updatedAt: new Date() })
    .where('id', '=', userId)
    .execute()
}

/** Keeps the first time. */
export async function markEmailVerified(trx: Transaction<Database>, userId: string): Promise<void> {
  await trx
    .updateTable('users')
    .set({ emailVerifiedAt: new Date(), updatedAt: new Date() })
    .where('id', '=', userId)
    .where('emailVerifiedAt', 'is', null)
    .execute()
}

export function listSessions(db: Kysely<Database>, userId: string) {
  return db
    .selectFrom('sessions')
    .select(['id', 'device', 'ip', 'createdAt', 'lastSeenAt', 'expiresAt'])
    .where('userId', '=', userId)
    .where('expiresAt', '>', new Date())
    .orderBy('id', 'desc')
    .limit(sessionsPerUser)
    .execute()
}

// A person has a handful of devices; what signs in more often than this loses its oldest sessions.
const sessionsPerUser = 100

export async function deleteSurplusSessions(trx: Transaction<Database>, userId: string): Promise<void> {
  await trx
    .deleteFrom('sessions')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('sessions')
        .select('id')
        .where('userId', '=', userId)
        .orderBy('id', 'desc')
        .offset(sessionsPerUser)
        .limit(sessionsPerUser),
    )
    .execute()
}

export async function touchSession(db: Kysely<Database>, id: string, userId: string): Promise<void> {
  const lastSeenAt = new Date()
  await db.updateTable('sessions').set({ lastSeenAt }).where('id', '=', id).execute()
  await db.updateTable('users').set({ lastSeenAt }).where('id', '=', userId).execute()
}

/** Whether the session is there. */
export async function markAuthenticated(trx: Transaction<Database>, id: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('sessions')
    .set({ authenticatedAt: new Date() })
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Whether the session had the token that is replaced. */
export async function updateTokenHash(
  trx: Transaction<Database>,
  id: string,
  { from, to }: { from: Buffer; to: Buffer },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('sessions')
    .set({ tokenHash: to })
    .where('id', '=', id)
    .where('tokenHash', '=', from)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** The number of sessions that ended: 0 when it is not there or not theirs. */
export async function deleteSession(db: Kysely<Database>, userId: string, id: string): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('sessions')
    .where('id', '=', id)
    .where('userId', '=', userId)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

export async function deleteOtherSessions(
  db: Kysely<Database>,
  userId: string,
  currentId: string,
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('sessions')
    .where('userId', '=', userId)
    .where('id', '!=', currentId)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** Where notices go, also to who was suspended or has just left. An address that nobody confirmed may be a stranger's. */
export function findMailAddress(db: Kysely<Database>, id: string) {
  return db
    .selectFrom('users')
    .select(['email', 'username'])
    .where('id', '=', id)
    .where('emailVerifiedAt', 'is not', null)
    .executeTakeFirst()
}

/** What the person of a session may do at this moment; nothing when it has ended, or they are gone or suspended. */
export async function findRoleOfSession(db: Kysely<Database>, sessionId: string): Promise<Role | undefined> {
  const row = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.userId')
    .select('users.role')
    .where('sessions.id', '=', sessionId)
    .where('users.deletedAt', 'is', null)
    .where('users.suspendedAt', 'is', null)
    .executeTakeFirst()
  return row?.role
}

/** Held to the end of the transaction, by whoever does something for this address, whether somebody has it or not. */
export async function lockAddress(trx: Transaction<Database>, email: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${email}, 0))`.execute(trx)
}

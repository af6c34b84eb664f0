import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../../db.ts'
import { accountColumns } from './account.ts'
import type { MailTokenKind } from './tables.ts'

export function findAccountWithPassword(db: Kysely<Database>, email: string) {
  return db
    .selectFrom('users')
    .select(accountColumns)
    .select('passwordHash')
    .where('email', '=', email)
    .where('deletedAt', 'is', null)
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

export async function getPasswordHash(db: Kysely<Database>, userId: string): Promise<string> {
  const row = await db
    .selectFrom('users')
    .select('passwordHash')
    .where('id', '=', userId)
    .executeTakeFirstOrThrow()
  return row.passwordHash
}

/**
 * Whether this is still the password; a change of it waits from now on. What was verified before the transaction
 * would otherwise outlive a reset that came in between.
 */
export async function lockPassword(
  trx: Transaction<Database>,
  userId: string,
  passwordHash: string,
): Promise<boolean> {
  const row = await trx
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .where('passwordHash', '=', passwordHash)
    .where('deletedAt', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row !== undefined
}

export async function updatePasswordHash(trx: Transaction<Database>, userId: string, passwordHash: string) {
  await trx
    .updateTable('users')
    .set({ passwordHash, updatedAt: new Date() })
    .where('id', '=', userId)
    .execute()
}

/** Keeps the first time. False when the account is gone. */
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

export async function touchSession(db: Kysely<Database>, id: string): Promise<void> {
  await db.updateTable('sessions').set({ lastSeenAt: new Date() }).where('id', '=', id).execute()
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

/**
 * At most one token of a kind is alive for each person: a new one takes the place of the old.
 * The same statement for an address without an account, where it inserts nothing.
 */
export async function upsertMailToken(
  trx: Transaction<Database>,
  email: string,
  { id, kind, tokenHash, expiresAt }: { id: string; kind: MailTokenKind; tokenHash: Buffer; expiresAt: Date },
): Promise<void> {
  await trx
    .insertInto('mailTokens')
    .columns(['id', 'userId', 'kind', 'tokenHash', 'expiresAt'])
    .expression((eb) =>
      eb
        .selectFrom('users')
        .select(({ cast, val }) => [
          cast<string>(val(id), 'uuid').as('id'),
          'users.id as userId',
          cast<MailTokenKind>(val(kind), 'text').as('kind'),
          cast<Buffer>(val(tokenHash), 'bytea').as('tokenHash'),
          cast<Date>(val(expiresAt), 'timestamptz').as('expiresAt'),
        ])
        .where('users.email', '=', email)
        .where('users.deletedAt', 'is', null),
    )
    .onConflict((conflict) => conflict.columns(['userId', 'kind']).doUpdateSet({ id, tokenHash, expiresAt }))
    .execute()
}

export function findMailToken(db: Kysely<Database>, id: string) {
  return db
    .selectFrom('mailTokens')
    .innerJoin('users', 'users.id', 'mailTokens.userId')
    .select(['mailTokens.tokenHash', 'mailTokens.kind', 'users.email', 'users.username'])
    .where('mailTokens.id', '=', id)
    .where('mailTokens.expiresAt', '>', new Date())
    .where('users.deletedAt', 'is', null)
    .executeTakeFirst()
}

/** Asked before work that costs; whether it can be redeemed is decided by `deleteMailToken`. */
export async function hasMailToken(
  db: Kysely<Database>,
  kind: MailTokenKind,
  tokenHash: Buffer,
): Promise<boolean> {
  const row = await db
    .selectFrom('mailTokens')
    .select('id')
    .where('tokenHash', '=', tokenHash)
    .where('kind', '=', kind)
    .where('expiresAt', '>', new Date())
    .executeTakeFirst()
  return row !== undefined
}

/** Redeems by deleting, so that of any number of redemptions at once one wins. */
export async function deleteMailToken(trx: Transaction<Database>, kind: MailTokenKind, tokenHash: Buffer) {
  return trx
    .deleteFrom('mailTokens')
    .using('users')
    .whereRef('users.id', '=', 'mailTokens.userId')
    .where('users.deletedAt', 'is', null)
    .where('mailTokens.tokenHash', '=', tokenHash)
    .where('mailTokens.kind', '=', kind)
    .where('mailTokens.expiresAt', '>', new Date())
    .returning('mailTokens.userId')
    .executeTakeFirst()
}

export async function deleteMailTokensOf(trx: Transaction<Database>, userId: string, kind: MailTokenKind) {
  await trx.deleteFrom('mailTokens').where('userId', '=', userId).where('kind', '=', kind).execute()
}

export async function deleteExpiredMailTokens(db: Kysely<Database>): Promise<void> {
  await db.deleteFrom('mailTokens').where('expiresAt', '<=', new Date()).execute()
}

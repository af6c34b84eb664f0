import { sql, type Expression, type Kysely, type Transaction } from 'kysely'
import type { Database } from '../../db.ts'

/**
 * In a `where`: nobody has this address, and nobody but this person can still take it back. Were an address free while
 * its owner can undo the change, whoever made the change could register with it and be in the way.
 */
export const isEmailFree = (email: Expression<unknown>, userId: Expression<unknown>) => sql<boolean>`(
  not exists (select from users taken where taken.email = ${email})
  and ${isUnreserved(email, userId)})`

const isUnreserved = (email: Expression<unknown>, userId: Expression<unknown>) => sql<boolean>`
  not exists (
    select from email_changes reserved
    where reserved.old_email = ${email} and reserved.user_id <> ${userId} and reserved.undo_expires_at > now())`

/** Asked after the address was taken: then a change that frees it has committed, and its reservation can be seen. */
export async function isEmailReserved(trx: Transaction<Database>, email: string, userId: string) {
  const { rows } = await sql<{ isFree: boolean }>`
    select ${isUnreserved(sql.val(email), sql`${userId}::uuid`)} as is_free`.execute(trx)
  return !rows[0]?.isFree
}

export interface NewEmailChange {
  id: string
  userId: string
  oldEmail: string
  newEmail: string
  undoTokenHash: Buffer
  undoExpiresAt: Date
}

export async function insertEmailChange(trx: Transaction<Database>, change: NewEmailChange): Promise<void> {
  await trx.insertInto('emailChanges').values(change).execute()
}

/** For the notice, which goes to the address that is about to be left. */
export function findEmailChange(db: Kysely<Database>, id: string) {
  return db
    .selectFrom('emailChanges')
    .innerJoin('users', 'users.id', 'emailChanges.userId')
    .select([
      'emailChanges.oldEmail',
      'emailChanges.newEmail',
      'emailChanges.undoTokenHash',
      'users.username',
    ])
    .where('emailChanges.id', '=', id)
    .where('undoExpiresAt', '>', sql<Date>`now()`)
    .executeTakeFirst()
}

/** Undoes by deleting, so that of any number at once one wins. */
export function deleteEmailChange(trx: Transaction<Database>, undoTokenHash: Buffer) {
  return trx
    .deleteFrom('emailChanges')
    .where('undoTokenHash', '=', undoTokenHash)
    .where('undoExpiresAt', '>', sql<Date>`now()`)
    .returning(['userId', 'oldEmail', 'createdAt'])
    .executeTakeFirst()
}

/** The person whose address it was, locked like by all who change an account; and the address they have now. */
export function lockEmailChangeOwner(trx: Transaction<Database>, undoTokenHash: Buffer) {
  return trx
    .selectFrom('users')
    .select('email')
    .where('id', 'in', (eb) =>
      eb.selectFrom('emailChanges').select('userId').where('undoTokenHash', '=', undoTokenHash),
    )
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/** Somebody is back at an address that they could have gone back to: what came since then is over. */
export async function deleteEmailChangesFrom(trx: Transaction<Database>, userId: string, oldEmail: string) {
  await sql`
    delete from email_changes where user_id = ${userId} and created_at >= (
      select min(created_at) from email_changes
      where user_id = ${userId} and old_email = ${oldEmail} and undo_expires_at > now())`.execute(trx)
}

/** Those that came after an undone one came from the same hand. The ones before stay. */
export async function deleteEmailChangesSince(trx: Transaction<Database>, userId: string, since: Date) {
  await trx.deleteFrom('emailChanges').where('userId', '=', userId).where('createdAt', '>=', since).execute()
}

export async function updateEmail(trx: Transaction<Database>, userId: string, email: string): Promise<void> {
  await trx
    .updateTable('users')
    .set({ email, emailVerifiedAt: new Date(), updatedAt: new Date() })
    .where('id', '=', userId)
    .execute()
}

/** Whoever changed the address knew the password. */
export async function removePassword(trx: Transaction<Database>, userId: string): Promise<void> {
  await trx.updateTable('users').set({ passwordHash: null }).where('id', '=', userId).execute()
}

export function listEmailChanges(db: Kysely<Database>, userId: string) {
  return db
    .selectFrom('emailChanges')
    .select(['oldEmail', 'newEmail', 'createdAt'])
    .where('userId', '=', userId)
    .execute()
}

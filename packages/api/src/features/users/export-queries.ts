import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../../db.ts'

export interface NewExport {
  id: string
  userId: string
  email: string
  tokenHash: Buffer
  expiresAt: Date
}

/** One for each person: a new one takes the place of the old. */
export async function upsertExport(trx: Transaction<Database>, given: NewExport): Promise<void> {
  const { id, email, tokenHash, expiresAt } = given
  await trx
    .insertInto('exports')
    .values(given)
    .onConflict((conflict) =>
      conflict.column('userId').doUpdateSet({ id, email, tokenHash, expiresAt, content: null }),
    )
    .execute()
}

/** While it is wanted, and its person has the address that it was asked for from. */
export function findExport(db: Kysely<Database>, id: string) {
  return db
    .selectFrom('exports')
    .innerJoin('users', 'users.id', 'exports.userId')
    .select(['exports.userId', 'exports.tokenHash', 'exports.email', 'users.username'])
    .select((eb) => eb('exports.content', 'is not', null).as('isMade'))
    .where('exports.id', '=', id)
    .where('exports.expiresAt', '>', new Date())
    .whereRef('exports.email', '=', 'users.email')
    .executeTakeFirst()
}

export async function updateExport(trx: Transaction<Database>, id: string, content: Buffer): Promise<void> {
  await trx.updateTable('exports').set({ content }).where('id', '=', id).execute()
}

/** Hands it out by deleting, so that of any number at once one gets it. */
export function deleteExport(trx: Transaction<Database>, tokenHash: Buffer) {
  return trx
    .deleteFrom('exports')
    .using('users')
    .whereRef('users.id', '=', 'exports.userId')
    .whereRef('users.email', '=', 'exports.email')
    .where('exports.tokenHash', '=', tokenHash)
    .where('exports.expiresAt', '>', new Date())
    .where('exports.content', 'is not', null)
    .returning(['exports.userId', 'exports.content'])
    .executeTakeFirst()
}

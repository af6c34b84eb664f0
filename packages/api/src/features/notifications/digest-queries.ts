import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from '../../db.ts'

/** Who has something unread for a digest, from this id on: up to `limit`. */
export async function listDigestReaders(
  db: Kysely<Database>,
  after: string | undefined,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('notifications')
    .select('userId')
    .distinct()
    .where('readAt', 'is', null)
    .where('inDigest', '=', true)
    .$if(after !== undefined, (query) => query.where('userId', '>', after!))
    .orderBy('userId')
    .limit(limit)
    .execute()
  return rows.map(({ userId }) => userId)
}

/** Those who get one on this day: of any number that ask at once, one is told of each person. */
export async function claimDigests(
  trx: Transaction<Database>,
  userIds: readonly string[],
  day: string,
): Promise<string[]> {
  if (userIds.length === 0) return []
  const rows = await trx
    .insertInto('digests')
    .values(userIds.map((userId) => ({ userId, day })))
    .onConflict((conflict) =>
      conflict
        .column('userId')
        .doUpdateSet({ day })
        .where('digests.day', '<', sql<string>`excluded.day`),
    )
    .returning('userId')
    .execute()
  return rows.map(({ userId }) => userId)
}

/** Where it goes, while that may be. */
export function findDigestReader(db: Kysely<Database>, id: string) {
  return db
    .selectFrom('users')
    .select(['email', 'username'])
    .where('id', '=', id)
    .where('emailVerifiedAt', 'is not', null)
    .where('deletedAt', 'is', null)
    .where('suspendedAt', 'is', null)
    .executeTakeFirst()
}

/** Newest first, up to `limit`. */
export function listForDigest(db: Kysely<Database>, userId: string, limit: number) {
  return db
    .selectFrom('notifications')
    .leftJoin('users as actors', 'actors.id', 'notifications.actorId')
    .select(['notifications.id', 'kind', 'data'])
    .where('userId', '=', userId)
    .where('readAt', 'is', null)
    .where('inDigest', '=', true)
    .where('actors.deletedAt', 'is', null)
    .orderBy('notifications.id', 'desc')
    .limit(limit)
    .execute()
}

/** What was read is named, or not to be. */
export async function markDigested(
  db: Kysely<Database>,
  userId: string,
  ids: readonly string[],
): Promise<void> {
  await db
    .updateTable('notifications')
    .set({ inDigest: false })
    .where('userId', '=', userId)
    .where(({ eb, val }) => eb('id', '=', eb.fn.any(val([...ids]))))
    .execute()
}

/** What is older than this one is too much to be named. What came of late is not: it may have been committed only now. */
export async function passOver(db: Kysely<Database>, userId: string, before: string): Promise<void> {
  await db
    .updateTable('notifications')
    .set({ inDigest: false })
    .where('userId', '=', userId)
    .where('id', '<', before)
    .where('inDigest', '=', true)
    .where('createdAt', '<', sql<Date>`now() - interval '1 hour'`)
    .execute()
}

export const listDigestsOf = (db: Kysely<Database>, userId: string) =>
  db.selectFrom('digests').select('day').where('userId', '=', userId).execute()

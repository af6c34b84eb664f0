import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from '../../db.ts'
import { publicColumns } from './queries.ts'

/** From now on no other call of this person adds to whom they follow. Undefined when they are gone. */
export function lockFollower(trx: Transaction<Database>, id: string) {
  return trx
    .selectFrom('users')
    .select('id')
    .where('id', '=', id)
    .where('deletedAt', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/** Somebody who is there, and is not erased before the transaction ends. */
export function holdPresentUser(trx: Transaction<Database>, id: string) {
  return trx
    .selectFrom('users')
    .select('id')
    .where('id', '=', id)
    .where('deletedAt', 'is', null)
    .forKeyShare()
    .executeTakeFirst()
}

/** The first time stands. Who follows `most` already is refused one more. */
export async function insertFollow(
  trx: Transaction<Database>,
  followerId: string,
  followeeId: string,
  most: number,
): Promise<'followed' | 'refused'> {
  const { rows } = await sql<{ isThere: boolean; count: number }>`
    select exists (select from follows where follower_id = ${followerId} and followee_id = ${followeeId}) as is_there,
           count(*)::int as count
    from (select from follows where follower_id = ${followerId} limit ${most}) followed`.execute(trx)
  if (rows[0]!.isThere) return 'followed'
  if (rows[0]!.count >= most) return 'refused'
  await trx.insertInto('follows').values({ followerId, followeeId }).execute()
  return 'followed'
}

export async function hasFollow(
  db: Kysely<Database>,
  followerId: string,
  followeeId: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('follows')
    .select('followeeId')
    .where('followerId', '=', followerId)
    .where('followeeId', '=', followeeId)
    .executeTakeFirst()
  return row !== undefined
}

/** Whether there was one. */
export async function deleteFollow(
  db: Kysely<Database>,
  followerId: string,
  followeeId: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('follows')
    .where('followerId', '=', followerId)
    .where('followeeId', '=', followeeId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Whoever is there, the newest follow first; one more than `limit`. */
export function listFollowing(
  db: Kysely<Database>,
  followerId: string,
  { before, limit }: { before?: [Date, string] | undefined; limit: number },
) {
  return db
    .selectFrom('follows')
    .innerJoin('users', 'users.id', 'follows.followeeId')
    .select(publicColumns)
    .select('follows.createdAt as followedAt')
    .where('followerId', '=', followerId)
    .where('users.deletedAt', 'is', null)
    .$if(before !== undefined, (query) =>
      query.where((eb) =>
        eb(eb.refTuple('follows.createdAt', 'follows.followeeId'), '<', eb.tuple(...before!)),
      ),
    )
    .orderBy('follows.createdAt', 'desc')
    .orderBy('follows.followeeId', 'desc')
    .limit(limit + 1)
    .execute()
}

/** Whoever can read, from this id on: up to `limit`, in the order of their ids. */
export async function listFollowerIds(
  db: Kysely<Database>,
  followeeId: string,
  after: string | undefined,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('follows')
    .innerJoin('users', 'users.id', 'follows.followerId')
    .select('followerId')
    .where('followeeId', '=', followeeId)
    .where('users.deletedAt', 'is', null)
    .where('users.suspendedAt', 'is', null)
    .$if(after !== undefined, (query) => query.where('followerId', '>', after!))
    .orderBy('followerId')
    .limit(limit)
    .execute()
  return rows.map(({ followerId }) => followerId)
}

/** Which of these people follow this one. */
export async function listFollowersAmong(
  db: Kysely<Database>,
  followeeId: string,
  userIds: readonly string[],
): Promise<string[]> {
  const rows = await db
    .selectFrom('follows')
    .select('followerId')
    .where('followeeId', '=', followeeId)
    .where(({ eb, val }) => eb('followerId', '=', eb.fn.any(val([...userIds]))))
    .execute()
  return rows.map(({ followerId }) => followerId)
}

/** For the export of whoever follows. */
export function listFollowsOf(db: Kysely<Database>, followerId: string) {
  return db
    .selectFrom('follows')
    .select(['followeeId', 'createdAt'])
    .where('followerId', '=', followerId)
    .execute()
}

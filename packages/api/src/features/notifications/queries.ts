import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from '../../db.ts'
import { kindNames } from './kinds.ts'

/** Older ones make room for new ones. */
export const mostKept = 1_000

const columns = [
  'notifications.id',
  'notifications.kind',
  'notifications.data',
  'notifications.readAt',
  'notifications.createdAt',
] as const

/** What lists show: whom it speaks of is there. */
function shown(db: Kysely<Database>, userId: string) {
  return db
    .selectFrom('notifications')
    .leftJoin('users as actors', 'actors.id', 'notifications.actorId')
    .where('notifications.userId', '=', userId)
    .where('notifications.inApp', '=', true)
    .where('actors.deletedAt', 'is', null)
}

export type NotificationRow = Awaited<ReturnType<typeof listNotifications>>[number]

/** Newest first; one more than `limit`. */
export function listNotifications(
  db: Kysely<Database>,
  userId: string,
  { unread = false, before, limit }: { unread?: boolean; before?: string | undefined; limit: number },
) {
  return shown(db, userId)
    .select(columns)
    .$if(unread, (query) => query.where('notifications.readAt', 'is', null))
    .$if(before !== undefined, (query) => query.where('notifications.id', '<', before!))
    .orderBy('notifications.id', 'desc')
    .limit(limit + 1)
    .execute()
}

export const findNotification = (db: Kysely<Database>, userId: string, id: string) =>
  shown(db, userId).select(columns).where('notifications.id', '=', id).executeTakeFirst()

/** No further than anybody has, and nothing that no release knows any more. */
export async function countUnread(db: Kysely<Database>, userId: string): Promise<number> {
  const unread = shown(db, userId)
    .select('notifications.id')
    .where('notifications.readAt', 'is', null)
    .where('notifications.kind', 'in', kindNames)
    .limit(mostKept)
    .as('unread')
  const row = await db
    .selectFrom(unread)
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}

/** Whether it was unread: the first time stands. */
export async function markRead(trx: Transaction<Database>, userId: string, id: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('notifications')
    .set({ readAt: new Date() })
    .where('id', '=', id)
    .where('userId', '=', userId)
    .where('readAt', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Up to `limit`, locked in one order so that two at once do not hang; how many there were. */
export async function markUnreadAsRead(
  trx: Transaction<Database>,
  userId: string,
  limit: number,
): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('notifications')
    .set({ readAt: new Date() })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('notifications')
        .select('id')
        .where('userId', '=', userId)
        .where('inApp', '=', true)
        .where('readAt', 'is', null)
        .orderBy('id', 'desc')
        .limit(limit)
        .forUpdate(),
    )
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** Who of them is there and not suspended; nobody of these is erased before the transaction ends. */
export async function holdPresentUsers(
  trx: Transaction<Database>,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await trx
    .selectFrom('users')
    .select('id')
    .where(({ eb, val }) => eb('id', '=', eb.fn.any(val([...ids]))))
    .where('deletedAt', 'is', null)
    .where('suspendedAt', 'is', null)
    .orderBy('id')
    .forKeyShare()
    .execute()
  return new Set(rows.map(({ id }) => id))
}

export interface NewNotification {
  id: string
  userId: string
  actorId: string | null
  kind: string
  source: string
  data: string
  inApp: boolean
  inDigest: boolean
}

/** Those that are new: nobody is told of one source twice. */
export function insertNotifications(trx: Transaction<Database>, rows: NewNotification[]) {
  return trx
    .insertInto('notifications')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['source', 'userId']).doNothing())
    .returning(['id', 'userId', 'inApp'])
    .execute()
}

/** Of those who have more than are kept: first the oldest of these kinds, and then of all others. */
export async function deleteSurplus(
  trx: Transaction<Database>,
  userIds: readonly string[],
  firstKinds: readonly string[],
): Promise<void> {
  // Counted by the index alone, as hardly anybody has so many.
  await sql`
    delete from notifications where id in (
      select surplus.id from unnest(${[...userIds]}::uuid[]) as people (id)
      cross join lateral (
        select id from notifications where user_id = people.id order by id desc offset ${mostKept} limit 1) too_many
      cross join lateral (
        select id from notifications where user_id = people.id
        order by kind = any(${[...firstKinds]}::text[]), id desc offset ${mostKept} limit ${mostKept}) surplus)
    `.execute(trx)
}

/** Where one is mailed to, while that may be. */
export function findMailable(db: Kysely<Database>, id: string) {
  return db
    .selectFrom('notifications')
    .innerJoin('users', 'users.id', 'notifications.userId')
    .leftJoin('users as actors', 'actors.id', 'notifications.actorId')
    .select(columns)
    .select(['users.email', 'users.username'])
    .where('notifications.id', '=', id)
    .where('users.emailVerifiedAt', 'is not', null)
    .where('users.deletedAt', 'is', null)
    .where('users.suspendedAt', 'is', null)
    .where('actors.deletedAt', 'is', null)
    .executeTakeFirst()
}

/** Up to `limit` of what came from there, whoever was told; how many there were. */
export async function deleteBySource(db: Kysely<Database>, source: string, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('notifications')
    .where('id', 'in', (eb) =>
      eb.selectFrom('notifications').select('id').where('source', '=', source).limit(limit),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** Up to `limit` that were read longer ago than this; how many there were. */
export async function deleteReadBefore(db: Kysely<Database>, since: Date, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('notifications')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('notifications')
        .select('id')
        .where('readAt', 'is not', null)
        .where('readAt', '<', since)
        .limit(limit),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** Up to `limit` that came longer ago than this, read or not; how many there were. */
export async function deleteCreatedBefore(
  db: Kysely<Database>,
  table: 'notifications' | 'messages',
  since: Date,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom(table)
    .where('id', 'in', (eb) => eb.selectFrom(table).select('id').where('createdAt', '<', since).limit(limit))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** Whatever its state, for its reader. */
export function listNotificationsOf(
  db: Kysely<Database>,
  userId: string,
  before: string | undefined,
  limit: number,
) {
  return db
    .selectFrom('notifications')
    .select(columns)
    .select(['inApp', 'inDigest'])
    .where('userId', '=', userId)
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../../db.ts'

const columns = [
  'posts.id',
  'posts.authorId',
  'posts.title',
  'posts.body',
  'posts.publishedAt',
  'posts.version',
  'posts.createdAt',
  'posts.updatedAt',
  'users.username',
  'users.name',
] as const

/** Posts that are there, of people who are there. */
function present(db: Kysely<Database>) {
  return db
    .selectFrom('posts')
    .innerJoin('users', 'users.id', 'posts.authorId')
    .select(columns)
    .where('posts.deletedAt', 'is', null)
    .where('users.deletedAt', 'is', null)
}

/** A draft is its author's alone. */
export function findVisiblePost(db: Kysely<Database>, viewerId: string | undefined, id: string) {
  return present(db)
    .where('posts.id', '=', id)
    .where((eb) =>
      eb.or([eb('publishedAt', 'is not', null), ...(viewerId ? [eb('posts.authorId', '=', viewerId)] : [])]),
    )
    .executeTakeFirst()
}

export type PostRow = NonNullable<Awaited<ReturnType<typeof findVisiblePost>>>

/** Newest first; one more than `limit`. Times are kept to the millisecond, so (time, id) is an exact key. */
export function listPublished(
  db: Kysely<Database>,
  {
    authorId,
    before,
    limit,
  }: { authorId?: string | undefined; before?: [Date, string] | undefined; limit: number },
) {
  return present(db)
    .where('publishedAt', 'is not', null)
    .$if(authorId !== undefined, (query) => query.where('authorId', '=', authorId!))
    .$if(before !== undefined, (query) =>
      query.where((eb) => eb(eb.refTuple('publishedAt', 'posts.id'), '<', eb.tuple(...before!))),
    )
    .orderBy('publishedAt', 'desc')
    .orderBy('posts.id', 'desc')
    .limit(limit + 1)
    .execute()
}

export function listDrafts(
  db: Kysely<Database>,
  authorId: string,
  before: string | undefined,
  limit: number,
) {
  return present(db)
    .where('authorId', '=', authorId)
    .where('publishedAt', 'is', null)
    .$if(before !== undefined, (query) => query.where('posts.id', '<', before!))
    .orderBy('posts.id', 'desc')
    .limit(limit + 1)
    .execute()
}

/** Whatever its state, for its author. */
export function listPostsOf(
  db: Kysely<Database>,
  authorId: string,
  before: string | undefined,
  limit: number,
) {
  return db
    .selectFrom('posts')
    .select(['id', 'title', 'body', 'publishedAt', 'version', 'createdAt', 'updatedAt', 'deletedAt'])
    .where('authorId', '=', authorId)
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

export async function insertPost(
  db: Kysely<Database>,
  post: { id: string; authorId: string; title: string; body: string; publishedAt: Date | null },
): Promise<void> {
  await db.insertInto('posts').values(post).execute()
}

/** Nothing when the post is not theirs, or has another version by now. */
export function updatePost(
  db: Kysely<Database>,
  authorId: string,
  { id, version, ...changes }: { id: string; version: number; title?: string; body?: string },
) {
  return ownPost(db, authorId, id)
    .set((eb) => ({ ...changes, version: eb('version', '+', 1), updatedAt: new Date() }))
    .where('version', '=', version)
    .where('deletedAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
}

/** Keeps the first time of publication. */
export function markPublished(db: Kysely<Database>, authorId: string, id: string) {
  return ownPost(db, authorId, id)
    .set((eb) => ({ publishedAt: new Date(), version: eb('version', '+', 1), updatedAt: new Date() }))
    .where('publishedAt', 'is', null)
    .where('deletedAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
}

/** Published and there, and neither changed nor deleted before the transaction ends. */
export function holdPublishedPost(trx: Transaction<Database>, id: string) {
  return present(trx)
    .where('posts.id', '=', id)
    .where('publishedAt', 'is not', null)
    .forShare('posts')
    .executeTakeFirst()
}

export function markPostDeleted(db: Kysely<Database>, authorId: string, id: string) {
  return ownPost(db, authorId, id)
    .set({ deletedAt: new Date() })
    .where('deletedAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
}

export function markPostRestored(db: Kysely<Database>, authorId: string, id: string) {
  return ownPost(db, authorId, id).set({ deletedAt: null }).returning('id').executeTakeFirst()
}

const ownPost = (db: Kysely<Database> | Transaction<Database>, authorId: string, id: string) =>
  db.updateTable('posts').where('id', '=', id).where('authorId', '=', authorId)

/** Up to `limit` of those that were deleted longer ago than this; how many there were. */
export async function erasePosts(db: Kysely<Database>, days: number, limit: number): Promise<number> {
  const since = new Date(Date.now() - days * 24 * 60 * 60 * 1000)
  const { numDeletedRows } = await db
    .deleteFrom('posts')
    .where('id', 'in', (eb) =>
      eb.selectFrom('posts').select('id').where('deletedAt', '<', since).limit(limit),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

import { sql, type ExpressionBuilder, type Kysely, type Transaction } from 'kysely'
import type { Database } from '../../db.ts'
import { likePattern } from '../../search.ts'
import { accountColumns } from '../auth/account.ts'
import type { Role } from '../auth/roles.ts'

export const publicColumns = ['users.id', 'users.username', 'users.name', 'users.createdAt'] as const

export interface NewUser {
  id: string
  email: string
  username: string
  name: string | null
  passwordHash: string
  role?: Role
  emailVerifiedAt?: Date | null
}

export async function insertUser(trx: Transaction<Database>, user: NewUser): Promise<void> {
  await trx
    .insertInto('users')
    .values({ emailVerifiedAt: null, ...user })
    .execute()
}

/** As the export shows it: everything but the password's hash. */
export function findWholeUser(db: Kysely<Database>, id: string) {
  return db
    .selectFrom('users')
    .select(accountColumns)
    .select(['lastSeenAt', 'suspendedAt', 'deletedAt'])
    .where('id', '=', id)
    .executeTakeFirst()
}

function present(db: Kysely<Database>) {
  return db.selectFrom('users').select(publicColumns).where('deletedAt', 'is', null)
}

export const findPublicUser = (db: Kysely<Database>, id: string) =>
  present(db).where('id', '=', id).executeTakeFirst()

/** Newest first. One more than `limit`, to know whether there is a next page. */
export function listUsers(db: Kysely<Database>, { before, skip = 0, limit }: PageOf) {
  return present(db)
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc')
    .offset(skip)
    .limit(limit + 1)
    .execute()
}

/** By part of the username or the name. From three letters on the trigram index serves it. */
export function searchUsers(db: Kysely<Database>, q: string, { before, limit }: PageOf) {
  const pattern = likePattern(q)
  return present(db)
    .where((eb) => eb.or([eb('username', 'ilike', pattern), eb('name', 'ilike', pattern)]))
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

interface PageOf {
  before?: string | undefined
  skip?: number | undefined
  limit: number
}

export async function updateUser(
  db: Kysely<Database>,
  id: string,
  changes: { username?: string; name?: string | null },
) {
  await db
    .updateTable('users')
    .set({ ...changes, updatedAt: new Date() })
    .where('id', '=', id)
    .where('deletedAt', 'is', null)
    .execute()
}

/** Also of somebody who is deleted and can still come back. */
export async function findIdByEmail(db: Kysely<Database>, email: string): Promise<string | undefined> {
  const row = await db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst()
  return row?.id
}

/**
 * Those who can act. They and the person in question are locked in one order: who is an admin no more by the time that
 * one asks would else be locked after the others, and two would wait for each other.
 */
export async function lockAdmins(trx: Transaction<Database>, personId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('users')
    .select(['id', ({ and, eb }) => and(canAct(eb)).as('isAdmin')])
    .where(({ and, eb, or }) => or([eb('id', '=', personId), and(canAct(eb))]))
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  return rows.filter(({ isAdmin }) => isAdmin).map(({ id }) => id)
}

const canAct = (eb: ExpressionBuilder<Database, 'users'>) => [
  eb('role', '=', 'admin'),
  eb('deletedAt', 'is', null),
  eb('suspendedAt', 'is', null),
]

export function lockUser(trx: Transaction<Database>, id: string) {
  return trx
    .selectFrom('users')
    .select(['email', 'username', 'name', 'role', 'suspendedAt', 'deletedAt'])
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

export async function updateRole(trx: Transaction<Database>, id: string, role: Role): Promise<void> {
  await trx.updateTable('users').set({ role, updatedAt: new Date() }).where('id', '=', id).execute()
}

/** The row stays, so that its address and username stay taken. Whether it was there. */
export async function markDeleted(trx: Transaction<Database>, id: string): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('users')
    .set({ deletedAt: new Date(), updatedAt: new Date() })
    .where('id', '=', id)
    .where('deletedAt', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function hasUsers(db: Kysely<Database>): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined
}

export async function hasAdmin(db: Kysely<Database>, email: string): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('email', '=', email)
    .where('role', '=', 'admin')
    .where('deletedAt', 'is', null)
    .where('suspendedAt', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Those that were deleted longer ago than this, or never verified within it. An admin who never verified stays: it may be
 * the last.
 */
const isLapsed = (days: number) => {
  const since = new Date(Date.now() - days * 24 * 60 * 60 * 1000)
  return [
    sql<boolean>`users.deleted_at < ${since}`,
    sql<boolean>`(users.email_verified_at is null and users.deleted_at is null
      and users.created_at < ${since} and users.role <> 'admin')`,
  ]
}

/** Up to `limit`, from this id on. */
export async function listLapsedUsers(db: Kysely<Database>, days: number, after: string, limit: number) {
  const [isGone, isUnverified] = isLapsed(days).map((lapsed) =>
    db.selectFrom('users').select('id').where(lapsed).where('id', '>', after),
  )
  const rows = await isGone!.unionAll(isUnverified!).orderBy('id').limit(limit).execute()
  return rows.map(({ id }) => id)
}

/** With everything that hangs on it. False when its person has come back, or verified, by the time it is locked. */
export async function eraseLapsedUser(
  trx: Transaction<Database>,
  id: string,
  days: number,
): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('users')
    .where('id', '=', id)
    .where(({ or }) => or(isLapsed(days)))
    .executeTakeFirst()
  return numDeletedRows > 0n
}

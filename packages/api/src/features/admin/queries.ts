import { sql, type Expression, type Kysely, type Transaction } from 'kysely'
import * as z from 'zod'
import type { Database } from '../../db.ts'
import { likePattern } from '../../search.ts'
import { accountColumns } from '../auth/account.ts'
import type { Role } from '../auth/roles.ts'
import type { sorts } from './input.ts'

export interface UserFilter {
  q?: string | undefined
  role?: Role | undefined
  verified?: boolean | undefined
  suspended?: boolean | undefined
}

export type Sort = (typeof sorts)[number]

export interface Position {
  sort: Sort
  order: 'asc' | 'desc'
  /** The sorted value and the id of the last row seen. */
  after?: readonly [string, string] | undefined
  limit: number
}

function selectUser(db: Kysely<Database>) {
  return db
    .selectFrom('users')
    .select(accountColumns)
    .select(['suspendedAt', 'deletedAt', ({ fn }) => fn.coalesce('lastSeenAt', 'createdAt').as('lastSeenAt')])
}

export const findAdminUser = (db: Kysely<Database>, id: string) =>
  selectUser(db).where('id', '=', id).executeTakeFirst()

export type AdminUserRow = NonNullable<Awaited<ReturnType<typeof findAdminUser>>>

const sortExpressions: Record<Sort, Expression<unknown>> = {
  createdAt: sql.ref('users.created_at'),
  username: sql`lower(users.username)`,
  email: sql.ref('users.email'),
  lastSeenAt: sql`coalesce(users.last_seen_at, users.created_at)`,
}

/** By the value and then the id, so that equal values are neither lost nor repeated. One more than `limit`. */
export function listAdminUsers(
  db: Kysely<Database>,
  filter: UserFilter,
  { sort, order, after, limit }: Position,
) {
  const value = sortExpressions[sort]
  const comparison = sql.raw(order === 'asc' ? '>' : '<')
  return filtered(db, filter)
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(${value}, users.id) ${comparison} (${valueOf(sort, after![0])}, ${after![1]}::uuid)`,
      ),
    )
    .orderBy(value, order)
    .orderBy('users.id', order)
    .limit(limit + 1)
    .execute()
}

// As a Date, since there are times in ISO 8601 that PostgreSQL does not read: those of the year 0.
const valueOf = (sort: Sort, given: string) =>
  sort === 'createdAt' || sort === 'lastSeenAt' ? sql`${new Date(given)}::timestamptz` : sql`${given}::text`

function filtered(db: Kysely<Database>, { q, role, verified, suspended }: UserFilter) {
  return selectUser(db)
    .$if(q !== undefined, (query) => query.where(matches(q!)))
    .$if(role !== undefined, (query) => query.where('role', '=', role!))
    .$if(verified !== undefined, (query) => query.where('emailVerifiedAt', verified ? 'is not' : 'is', null))
    .$if(suspended !== undefined, (query) => query.where('suspendedAt', suspended ? 'is not' : 'is', null))
}

function matches(q: string) {
  if (z.uuid().safeParse(q).success) return sql<boolean>`users.id = ${q}::uuid`
  const pattern = likePattern(q)
  return sql<boolean>`(users.email ilike ${pattern} or users.username ilike ${pattern} or users.name ilike ${pattern})`
}

export async function updateSuspension(trx: Transaction<Database>, id: string, suspendedAt: Date | null) {
  await trx.updateTable('users').set({ suspendedAt, updatedAt: new Date() }).where('id', '=', id).execute()
}

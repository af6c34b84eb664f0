import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from '../db.ts'

export function findAnswer(db: Kysely<Database>, ids: readonly Buffer[]) {
  return db
    .selectFrom('idempotencyKeys')
    .select(['bodyMac', 'answer'])
    .where('id', 'in', ids)
    .where('expiresAt', '>', sql<Date>`now()`)
    .executeTakeFirst()
}

/**
 * Until the transaction ends, however it ends; nobody waits for it. A process that hangs in it is cut off by PostgreSQL,
 * behind a pooler, too.
 */
export async function lockKey(trx: Transaction<Database>, key: string): Promise<boolean> {
  const { rows } = await sql<{ isOurs: boolean }>`
    select pg_try_advisory_xact_lock(${key}::bigint) as is_ours,
           set_config('idle_in_transaction_session_timeout', '30000', true)`.execute(trx)
  return rows[0]?.isOurs === true
}

/** Takes the place of one that has expired. False when there is one that has not. */
export async function insertAnswer(
  db: Kysely<Database>,
  row: { id: Buffer; userId: string; bodyMac: Buffer; answer: string },
  hours: number,
): Promise<boolean> {
  const expiresAt = sql<Date>`now() + ${hours} * interval '1 hour'`
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('idempotencyKeys')
    .values({ ...row, expiresAt })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet(({ ref }) => ({
          userId: ref('excluded.userId'),
          bodyMac: ref('excluded.bodyMac'),
          answer: ref('excluded.answer'),
          expiresAt: ref('excluded.expiresAt'),
        }))
        .where('idempotencyKeys.expiresAt', '<=', sql<Date>`now()`),
    )
    .executeTakeFirst()
  return numInsertedOrUpdatedRows > 0n
}

/**
 * Up to `limit` of those beyond the newest `keys`, and beyond the newest that have `bytes` of answers together. Calls of
 * one person at once wait for none of each other's, and what has been used anew meanwhile is left.
 */
export async function deleteOldest(
  db: Kysely<Database>,
  userId: string,
  { keys, bytes }: { keys: number; bytes: number },
  limit: number,
): Promise<void> {
  await sql`
    with ranked as (
      select id, expires_at, row_number() over newest as keys, sum(octet_length(answer)) over newest as bytes
      from idempotency_keys where user_id = ${userId}
      window newest as (order by expires_at desc rows unbounded preceding)),
    surplus as (
      select id, expires_at from ranked where keys > ${keys} or bytes > ${bytes} order by expires_at limit ${limit})
    delete from idempotency_keys where id = any(array(
      select kept.id from idempotency_keys kept join surplus using (id, expires_at)
      for update of kept skip locked))`.execute(db)
}

import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from '../db.ts'
import type { Claim } from './claim.ts'

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

/** Whether it was answered before; and if its owner has `max` keys or more, when they have fewer. */
export async function findStanding(trx: Transaction<Database>, { ids, userId }: Claim, max: number) {
  const { rows } = await sql<{ isAnswered: boolean; fullUntil: Date | null }>`
    select exists (select from idempotency_keys where id = any(${ids}::bytea[]) and expires_at > now()) as is_answered,
           (select expires_at from idempotency_keys where user_id = ${userId}::uuid and expires_at > now()
            order by expires_at desc offset ${max - 1} limit 1) as full_until`.execute(trx)
  return rows[0]!
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

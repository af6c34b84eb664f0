import { sql, type Kysely } from 'kysely'
import type { Database } from '../db.ts'

const batch = 500

/** Does a great deal in steps that each fit into a statement's time; until a step finds less than it was given. */
export async function inBatches(
  step: (limit: number) => Promise<number>,
  signal: AbortSignal,
): Promise<void> {
  while ((await step(batch)) === batch) signal.throwIfAborted()
}

/** Up to `limit` rows whose time has come, by the names of their table and column in PostgreSQL; how many there were. */
export async function deleteExpired(
  db: Kysely<Database>,
  table: string,
  column: string,
  limit: number,
): Promise<number> {
  const [name, time] = [sql.table(table), sql.ref(column)]
  const { numAffectedRows = 0n } = await sql`
    delete from ${name} where ${time} <= now()
    and ctid = any (array(select ctid from ${name} where ${time} <= now() limit ${limit}))`.execute(db)
  return Number(numAffectedRows)
}

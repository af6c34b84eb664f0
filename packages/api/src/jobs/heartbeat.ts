import { sql, type Kysely } from 'kysely'
import type { Database } from '../db.ts'

/** A worker that was not seen for this long is dead. */
const deadAfterSeconds = 30
export const beatMs = 10_000

export async function beat(db: Kysely<Database>, id: string): Promise<void> {
  await db
    .insertInto('workers')
    .values({ id })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ seenAt: sql`now()` }))
    .execute()
}

export async function leave(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('workers').where('id', '=', id).execute()
}

/**
 * Frees what dead workers had locked; Graphile Worker itself would wait for four hours. A lock whose worker never
 * wrote a heartbeat counts as dead a little later.
 */
export async function freeJobsOfTheDead(db: Kysely<Database>): Promise<void> {
  const age = sql`interval '1 second' * ${deadAfterSeconds}::int`
  await sql`delete from workers where seen_at < now() - ${age}`.execute(db)
  await sql`
    select graphile_worker.force_unlock_workers(array(
      select distinct locked_by from graphile_worker._private_jobs
      where locked_by is not null
        and locked_at < now() - ${age}
        and locked_by not in (select id from workers)
    ))`.execute(db)
}

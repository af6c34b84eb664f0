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
  await returnJobs(db, id)
  await db.deleteFrom('workers').where('id', '=', id).execute()
}

/**
 * Gives up what a worker that stops has not finished. Being interrupted spends no attempt. The second of waiting is
 * for the worker itself: it may be asking for a job at this moment, and would take the same one again.
 */
export async function returnJobs(db: Kysely<Database>, id: string): Promise<void> {
  await sql`
    update graphile_worker._private_jobs
    set attempts = greatest(0, attempts - 1), run_at = greatest(run_at, now() + interval '1 second'),
        locked_at = null, locked_by = null
    where locked_by = ${id}`.execute(db)
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

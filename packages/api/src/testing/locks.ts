import { sql } from 'kysely'
import type { Deps } from '../deps.ts'

/**
 * How many wait for a lock in this database; other files of tests wait in theirs. Not asked within a transaction, where PostgreSQL knows
 * only of those connections that it found at the first time.
 */
export async function lockWaiters({ db }: Pick<Deps, 'db'>): Promise<number> {
  const { rows } = await sql`
    select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and backend_type = 'client backend'`.execute(
    db,
  )
  return rows.length
}

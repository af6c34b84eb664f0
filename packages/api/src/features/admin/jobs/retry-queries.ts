import { sql, type Transaction } from 'kysely'
import type { Database } from '../../../db.ts'
import { jobName } from '../../../jobs/lanes.ts'
import { liveConditions, type JobFilter } from './list-queries.ts'
import { liveJobs } from './rows.ts'

/** How many attempts a job is given, by its name. */
export type AttemptsByName = ReadonlyMap<string, number>

interface Retried {
  retried: number
  /** The highest id among them. */
  lastId: string | null
}

/**
 * Up to `limit` failed jobs after an id, each due now with all its attempts before it. Those that somebody else retries or
 * cancels at this moment are theirs.
 */
export async function retryFailedAfter(
  trx: Transaction<Database>,
  filter: Omit<JobFilter, 'state'>,
  { after, limit, attempts }: { after: string; limit: number; attempts: AttemptsByName },
): Promise<Retried> {
  const conditions = liveConditions({ ...filter, state: 'failed' })
  const { rows } = await sql<Retried>`
    with chosen as (
      select jobs.id, ${jobName} as name from ${liveJobs}
      where jobs.id > ${after}::bigint and ${sql.join(conditions, sql` and `)}
      order by jobs.id limit ${limit}
      for update of jobs skip locked
    ),
    declared as (
      select * from unnest(${[...attempts.keys()]}::text[], ${[...attempts.values()]}::integer[]) declared (name, attempts)
    ),
    retried as (
      update graphile_worker._private_jobs jobs
      set attempts = 0, max_attempts = coalesce(declared.attempts, jobs.max_attempts), run_at = now(),
          last_error = null, updated_at = now()
      from chosen left join declared on declared.name = chosen.name
      where jobs.id = chosen.id
      returning jobs.id
    )
    select count(*)::integer as retried, max(id)::text as last_id from retried`.execute(trx)
  return rows[0] ?? { retried: 0, lastId: null }
}

import { sql, type Transaction } from 'kysely'
import type * as z from 'zod'
import type { Database } from '../../../db.ts'
import type { Deps } from '../../../deps.ts'
import { jobName } from '../../../jobs/lanes.ts'
import { redactText } from '../../../jobs/redact.ts'
import type * as output from './output.ts'
import { folded, liveAt, readJobs } from './rows.ts'

/** Failed jobs by what went wrong, the most frequent first. */
export async function getFailures({ db }: Pick<Deps, 'db'>): Promise<z.output<typeof output.failures>> {
  const rows = await readJobs(db, listFailures)
  return {
    items: rows.map(({ error, firstAt, lastAt, ...row }) => ({
      ...row,
      error: redactText(error, 300),
      firstAt: firstAt.toISOString(),
      lastAt: lastAt.toISOString(),
    })),
  }
}

interface FailureRow {
  name: string
  error: string
  count: number
  firstAt: Date
  lastAt: Date
  exampleId: string
}

async function listFailures(trx: Transaction<Database>): Promise<FailureRow[]> {
  const { rows } = await sql<FailureRow>`
    select ${jobName} as name, error, count(*)::integer as count, min(at) as first_at, max(at) as last_at,
           max(failed.id)::text as example_id
    from (
      select jobs.id, jobs.task_id, coalesce(${folded('jobs.last_error')}, '') as error, ${liveAt} as at
      from graphile_worker._private_jobs jobs
      where jobs.locked_at is null and jobs.attempts >= jobs.max_attempts
    ) failed
    join graphile_worker._private_tasks tasks on tasks.id = failed.task_id
    group by 1, 2 order by count(*) desc, max(at) desc limit 100`.execute(trx)
  return rows
}

import { sql, type Transaction } from 'kysely'
import type * as z from 'zod'
import type { Database } from '../../../db.ts'
import type { Deps } from '../../../deps.ts'
import { jobName } from '../../../jobs/lanes.ts'
import { deadAfterSeconds } from '../../../jobs/rescue.ts'
import type * as output from './output.ts'
import { readJobs } from './rows.ts'

/** Those with a heartbeat; the jobs of one that is silent are freed, and then it is forgotten. */
export async function getWorkers({ db }: Pick<Deps, 'db'>): Promise<z.output<typeof output.workers>> {
  const rows = await readJobs(db, listWorkers)
  return {
    items: rows.map(({ startedAt, seenAt, ...worker }) => ({
      ...worker,
      startedAt: startedAt.toISOString(),
      seenAt: seenAt.toISOString(),
    })),
  }
}

interface WorkerRow {
  id: string
  name: string
  startedAt: Date
  seenAt: Date
  isAlive: boolean
  isCareful: boolean
  jobs: { id: string; name: string; startedAt: string }[]
}

async function listWorkers(trx: Transaction<Database>): Promise<WorkerRow[]> {
  const { rows } = await sql<WorkerRow>`
    with locked as materialized (
      select jobs.id, jobs.locked_by, ${jobName} as name,
             to_char(jobs.locked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as started_at
      from graphile_worker._private_jobs jobs join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id
      where jobs.locked_at is not null
    )
    select workers.id, workers.name, workers.is_careful, workers.started_at, workers.seen_at,
           workers.seen_at > now() - interval '1 second' * ${deadAfterSeconds}::int as is_alive, coalesce((
             select json_agg(json_build_object('id', id::text, 'name', name, 'startedAt', started_at) order by id)
             from (
               select * from locked
               where locked_by = workers.id and (workers.is_careful or locked.id = any(workers.running))
               order by locked.id limit 100
             ) current
           ), '[]') as jobs
    from workers order by workers.started_at desc, workers.id limit 200`.execute(trx)
  return rows
}

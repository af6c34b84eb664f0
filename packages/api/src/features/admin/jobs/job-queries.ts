import { sql, type Transaction } from 'kysely'
import type { Database } from '../../../db.ts'
import type { JobOutcome } from '../../../jobs/tables.ts'
import { endedColumns, isLastEnd, liveColumns, type JobRow } from './list-queries.ts'
import { liveJobs } from './rows.ts'

export interface JobDetailsRow extends JobRow {
  priority: number | null
  worker: string | null
  payload: unknown
}

export async function findLiveJob(
  trx: Transaction<Database>,
  id: string,
): Promise<JobDetailsRow | undefined> {
  const { rows } = await sql<JobDetailsRow>`
    select jobs.id::text as id, ${liveColumns}, jobs.priority::integer as priority, jobs.payload,
           (select workers.name from workers where workers.id = jobs.locked_by) as worker
    from ${liveJobs} where jobs.id = ${id}::bigint`.execute(trx)
  return rows[0]
}

/** Waits for whoever holds the row at this moment: a worker that takes it has it after that. */
export async function lockLiveJob(
  trx: Transaction<Database>,
  id: string,
): Promise<JobDetailsRow | undefined> {
  const { rows } = await sql`
    select from graphile_worker._private_jobs where id = ${id}::bigint for update`.execute(trx)
  return rows.length > 0 ? findLiveJob(trx, id) : undefined
}

export async function findEndedJob(
  trx: Transaction<Database>,
  id: string,
): Promise<JobDetailsRow | undefined> {
  const { rows } = await sql<JobDetailsRow>`
    select runs.job_id::text as id, ${endedColumns}, null::integer as priority, null::text as worker, runs.payload
    from job_runs runs where runs.job_id = ${id}::bigint and ${isLastEnd}`.execute(trx)
  return rows[0]
}

export interface RunRow {
  attempt: number
  maxAttempts: number
  outcome: JobOutcome
  worker: string | null
  startedAt: Date
  endedAt: Date
  errorMessage: string | null
  errorStack: string | null
}

/** Up to `limit` newest attempts, oldest first. */
export async function listRuns(trx: Transaction<Database>, jobId: string, limit: number): Promise<RunRow[]> {
  const rows = await trx
    .selectFrom('jobRuns')
    .select([
      'attempt',
      'maxAttempts',
      'outcome',
      'worker',
      'startedAt',
      'endedAt',
      'errorMessage',
      'errorStack',
    ])
    .where('jobId', '=', jobId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.toReversed()
}

/** Due now, with all its attempts before it. */
export async function markRetried(
  trx: Transaction<Database>,
  id: string,
  maxAttempts: number,
): Promise<void> {
  await sql`
    update graphile_worker._private_jobs
    set attempts = 0, max_attempts = ${maxAttempts}, run_at = now(), last_error = null, updated_at = now()
    where id = ${id}::bigint and locked_at is null`.execute(trx)
}

export async function markRescheduled(trx: Transaction<Database>, id: string, runAt: Date): Promise<void> {
  await sql`
    update graphile_worker._private_jobs
    set run_at = greatest(now(), ${runAt}::timestamptz), updated_at = now()
    where id = ${id}::bigint and locked_at is null`.execute(trx)
}

export async function deleteJob(trx: Transaction<Database>, id: string): Promise<void> {
  await sql`delete from graphile_worker._private_jobs where id = ${id}::bigint and locked_at is null`.execute(
    trx,
  )
}

export async function insertCancelledRun(trx: Transaction<Database>, job: JobDetailsRow, payload: unknown) {
  const now = new Date()
  await trx
    .insertInto('jobRuns')
    .values({
      jobId: job.id,
      name: job.name,
      queue: job.queue,
      attempt: job.attempts,
      maxAttempts: job.maxAttempts,
      worker: null,
      startedAt: now,
      endedAt: now,
      outcome: 'cancelled',
      errorMessage: null,
      errorStack: null,
      payload: JSON.stringify(payload),
    })
    .execute()
}

/** Graphile Worker is told of new jobs, and looks for others every few seconds. */
export async function wakeWorkers(trx: Transaction<Database>, count: number): Promise<void> {
  await sql`select pg_notify('jobs:insert', ${JSON.stringify({ count })})`.execute(trx)
}

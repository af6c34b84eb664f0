import { sql, type Kysely } from 'kysely'
import type { Database } from '../db.ts'
import type { JobOutcome } from '../jobs/tables.ts'

export interface JobRow {
  name?: string
  queue?: string | null
  payload?: unknown
  attempts?: number
  maxAttempts?: number
  /** Since it was enqueued, and since anything happened to it. */
  ageSeconds?: number
  /** Until it is due. */
  delaySeconds?: number
  lastError?: string | null
  /** The worker that holds it. */
  lockedBy?: string | null
}

/** A job as Graphile Worker keeps it, in whatever state; its id. */
export async function insertJob(db: Kysely<Database>, row: JobRow = {}): Promise<string> {
  const { name = 'audit:sweep', queue = null, payload = {}, attempts = 0, maxAttempts = 4 } = row
  const { ageSeconds = 0, delaySeconds = 0, lastError = null, lockedBy = null } = row
  const { rows } = await sql<{ id: string }>`
    select id from graphile_worker.add_job(${name}::text, ${JSON.stringify(payload)}::json, queue_name => ${queue}::text)
    `.execute(db)
  const { id } = rows[0]!
  await sql`
    update graphile_worker._private_jobs
    set attempts = ${attempts}, max_attempts = ${maxAttempts}, last_error = ${lastError}, locked_by = ${lockedBy},
        created_at = now() - interval '1 second' * ${ageSeconds}::float8,
        updated_at = now() - interval '1 second' * ${ageSeconds}::float8,
        run_at = now() + interval '1 second' * ${delaySeconds}::float8,
        locked_at = case when ${lockedBy}::text is not null then now() end
    where id = ${id}`.execute(db)
  return id
}

export const failedJob = (db: Kysely<Database>, row: JobRow = {}) =>
  insertJob(db, { attempts: 4, lastError: 'It broke', ...row })

/** It failed once, and is tried again in an hour. */
export const retryingJob = (db: Kysely<Database>, row: JobRow = {}) =>
  insertJob(db, { attempts: 1, lastError: 'It broke', delaySeconds: 3_600, ...row })

export interface RunRow {
  jobId: string
  name?: string
  queue?: string | null
  outcome?: JobOutcome
  attempt?: number
  /** Since it ended. */
  ageSeconds?: number
  tookSeconds?: number
  error?: string | null
  stack?: string | null
  payload?: unknown
}

/** An attempt as the history keeps it. */
export async function insertRun(db: Kysely<Database>, row: RunRow): Promise<void> {
  const {
    jobId,
    name = 'audit:sweep',
    queue = null,
    outcome = 'succeeded',
    attempt = 1,
    ageSeconds = 0,
  } = row
  const { tookSeconds = 1, error = null, stack = null, payload = {} } = row
  const endedAt = new Date(Date.now() - ageSeconds * 1000)
  const startedAt = new Date(endedAt.getTime() - tookSeconds * 1000)
  const ended = { startedAt, endedAt, outcome, errorMessage: error, errorStack: stack }
  const text = JSON.stringify(payload)
  await db
    .insertInto('jobRuns')
    .values({ jobId, name, queue, attempt, maxAttempts: 4, worker: 'host:1', ...ended, payload: text })
    .execute()
}

/** It ran to its end, and is gone from the queue. */
export async function endedJob(db: Kysely<Database>, row: Omit<RunRow, 'jobId'> = {}): Promise<string> {
  const jobId = await insertJob(db, { ...(row.name && { name: row.name }) })
  await sql`delete from graphile_worker._private_jobs where id = ${jobId}`.execute(db)
  await insertRun(db, { ...row, jobId })
  return jobId
}

import type { Job as GraphileJob } from 'graphile-worker'
import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Database } from '../db.ts'
import type { Attempt } from './attempt.ts'
import { completeJobs, type Written } from './endings.ts'
import type { End } from './history.ts'
import { bareName } from './lanes.ts'

interface Row extends Pick<GraphileJob, 'id' | 'key' | 'flags' | 'attempts' | 'payload'> {
  maxAttempts: number
  lockedBy: string
  lastError: string | null
  identifier: string
  ageMs: number
}

/** What workers have locked, as attempts that began when it was locked, in the order in which it was due. */
export async function listHeld(db: Kysely<Database>, where: RawBuilder<unknown>): Promise<Attempt[]> {
  const { rows } = await sql<Row>`
    select jobs.id, jobs.key, jobs.flags, jobs.attempts, jobs.max_attempts, jobs.payload, jobs.locked_by,
           jobs.last_error, tasks.identifier,
           extract(epoch from clock_timestamp() - jobs.locked_at)::float8 * 1000 as age_ms
    from graphile_worker._private_jobs jobs
    join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id
    where jobs.locked_at is not null and ${where} order by jobs.run_at, jobs.id`.execute(db)
  return rows.map(toAttempt)
}

const toAttempt = ({ identifier, ageMs, ...row }: Row): Attempt => ({
  job: { name: bareName(identifier) },
  row: {
    ...row,
    max_attempts: row.maxAttempts,
    locked_by: row.lockedBy,
    last_error: row.lastError,
  },
  startedAt: Date.now() - ageMs,
})

/** It ended with its worker, by no fault of its own. */
export function endNow<Outcome extends End['outcome']>(attempt: Attempt, outcome: Outcome, message: string) {
  const error = new Error(message)
  delete error.stack
  return { ...attempt, endedAt: Date.now(), outcome, error }
}

/** Instead of being begun again. @returns how many there were */
export async function endReplaced(
  db: Kysely<Database>,
  replaced: readonly Attempt[],
  { workerOf, withHistory }: { workerOf(lockedBy: string): Written['worker']; withHistory: boolean },
): Promise<number> {
  const ends = replaced.map((attempt) => endNow(attempt, 'cancelled', 'Another job took its place'))
  for (const [id, held] of Map.groupBy(ends, ({ row }) => row.locked_by ?? ''))
    await completeJobs(db, held, { worker: workerOf(id), withHistory })
  return ends.length
}

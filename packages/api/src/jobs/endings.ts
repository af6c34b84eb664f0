import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import type { Database } from '../db.ts'
import { publish } from '../live/publish.ts'
import { insertRuns, messageOf, type End } from './history.ts'
import { redactText } from './redact.ts'
import { isReplaced, wasReplaced } from './replaced.ts'
import type { Verdict } from './retry.ts'

export interface Written {
  /** `host:pid`, for the history; null for one that nobody knows any more. */
  worker: string | null
  withHistory: boolean
}

/**
 * A job that succeeded, or whose place another took, is gone. Graphile Worker would delete it by its id, whoever holds it by now.
 * @returns how many of them were still held
 */
export async function completeJobs(
  db: Kysely<Database>,
  ends: readonly End[],
  written: Written,
): Promise<number> {
  const ids = ends.map(({ row }) => row.id)
  return endHeld(
    db,
    ends,
    written,
    (lockedBy) => sql`
    delete from graphile_worker._private_jobs where id = any(${ids}::bigint[]) and locked_by = ${lockedBy}`,
  )
}

/** One that failed stays, and says why. What was interrupted keeps its place in its queue. @returns whether it was still held */
export async function reportFailure(
  trx: Transaction<Database>,
  end: End & { error: Error },
  verdict: Verdict,
  written: Written,
): Promise<boolean> {
  if (await deleteReplaced(trx, end, written)) return true
  const { outcome, attempts, maxAttempts, delaySeconds } = verdict
  const { id } = end.row
  const count = await endHeld(
    trx,
    [{ ...end, outcome }],
    written,
    (lockedBy) => sql`
      update graphile_worker._private_jobs
      set attempts = ${attempts}, max_attempts = ${maxAttempts},
          run_at = case
            when job_queue_id is not null and ${outcome === 'interrupted'} then run_at
            else now() + ${delaySeconds}::float8 * interval '1 second' end,
          last_error = ${redactText(messageOf(end.error), 2_000)},
          locked_at = null, locked_by = null, updated_at = now()
      where id = ${id} and locked_by = ${lockedBy}`,
  )
  if (count > 0 && outcome === 'failed' && written.withHistory) {
    const data = { jobId: id, name: end.job.name }
    await publish(trx, { topic: 'jobs', kind: 'job.failed', userId: null, data })
  }
  return count > 0
}

/** While it ran, another took its place, and its key: trying again would undo what that one does. */
async function deleteReplaced(trx: Transaction<Database>, end: End, written: Written): Promise<boolean> {
  const { id, key } = end.row
  if (key === null && !wasReplaced(end.row)) return false
  const count = await endHeld(
    trx,
    [{ ...end, outcome: 'cancelled' }],
    written,
    (lockedBy) => sql`
      delete from graphile_worker._private_jobs jobs
      where id = ${id} and locked_by = ${lockedBy} and (key is distinct from ${key} or ${isReplaced})`,
  )
  return count > 0
}

/** Unlocks the queues of the jobs that `change` ends, and keeps their history, in the same statement. */
async function endHeld(
  db: Kysely<Database>,
  ends: readonly End[],
  { worker, withHistory }: Written,
  change: (lockedBy: string | null) => RawBuilder<unknown>,
): Promise<number> {
  const lockedBy = ends[0]?.row.locked_by ?? null
  const { rows } = await sql<{ count: number }>`
    with held as (${change(lockedBy)} returning id, job_queue_id),
    unlocked as (
      update graphile_worker._private_job_queues queues set locked_at = null, locked_by = null
      from held where queues.id = held.job_queue_id and queues.locked_by = ${lockedBy}
    )
    ${withHistory ? sql`, runs as (${insertRuns(ends, worker)})` : sql``}
    select count(*)::int as count from held`.execute(db)
  return rows[0]?.count ?? 0
}

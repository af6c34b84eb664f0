import { sql, type Kysely } from 'kysely'
import type { Database } from '../db.ts'
import { toFailure } from '../errors.ts'
import { endNow, endReplaced, listHeld } from './held.ts'
import { insertRuns, type End } from './history.ts'
import { isReplaced, wasReplaced } from './replaced.ts'

/** What this worker has not ended is for others, now. Being interrupted spends no attempt. */
export async function returnJobs(db: Kysely<Database>, id: string): Promise<void> {
  try {
    await returnThem(db, id, true)
  } catch (err) {
    if (toFailure(err).apiCode === 'UNAVAILABLE') throw err
    await returnThem(db, id, false)
  }
}

async function returnThem(db: Kysely<Database>, id: string, withHistory: boolean): Promise<void> {
  const { name, running, isCareful } = (await findWorker(db, id)) ?? nobody
  const held = await listHeld(
    db,
    sql`locked_by = ${id} and (${isReplaced} or ${isCareful} or jobs.id = any(${running}::bigint[]))`,
  )
  const { replaced = [], begun = [] } = Object.groupBy(held, ({ row }) =>
    wasReplaced(row) ? 'replaced' : 'begun',
  )
  await endReplaced(db, replaced, { workerOf: () => name, withHistory })
  const ends = begun.map((attempt) => endNow(attempt, 'interrupted', interruption))
  await unlock(db, id, withHistory ? ends : [], name)
}

const interruption = 'The worker stopped while it ran this job'

/** It has left before: what it was asking for meanwhile has not begun. */
const nobody = { name: null, running: [], isCareful: false }

/** What has begun, as far as its last beat knows. */
const findWorker = (db: Kysely<Database>, id: string) =>
  db.selectFrom('workers').select(['name', 'running', 'isCareful']).where('id', '=', id).executeTakeFirst()

/**
 * The second of waiting is for the worker itself: it may be asking for a job at this moment, and would take the same one again. A job
 * with a queue keeps its place in it.
 */
async function unlock(db: Kysely<Database>, id: string, ends: End[], worker: string | null): Promise<void> {
  await sql`
    with held as (
      update graphile_worker._private_jobs
      set attempts = greatest(0, attempts - 1), locked_at = null, locked_by = null,
          run_at = case when job_queue_id is null then greatest(run_at, now() + interval '1 second') else run_at end
      where locked_by = ${id} and locked_at is not null
      returning id, job_queue_id
    )
    ${ends.length > 0 ? sql`, runs as (${insertRuns(ends, worker)})` : sql``}
    update graphile_worker._private_job_queues set locked_at = null, locked_by = null where locked_by = ${id}`.execute(
    db,
  )
}

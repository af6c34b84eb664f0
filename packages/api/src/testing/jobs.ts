import { runOnce } from 'graphile-worker'
import { sql } from 'kysely'
import { createPool } from '../db.ts'
import type { Deps } from '../deps.ts'
import { jobs } from '../features/index.ts'
import { createRecorder } from '../jobs/recorder.ts'
import { quietLogger } from '../jobs/run.ts'
import { allTasks } from '../jobs/tasks.ts'
import { silentLog } from './log.ts'

/** Runs every job that is due, here and now, one after the other. */
export async function drainJobs(deps: Deps, directUrl: string): Promise<void> {
  const pool = createPool({ url: directUrl, log: silentLog, max: 3 })
  const never = new AbortController().signal
  const recorder = createRecorder(deps, { worker: 'a test', stopping: never, givenUp: never })
  const taskList = allTasks(jobs, { deps, recorder, running: new Map(), isOver: () => false })
  try {
    await runOnce({ pgPool: pool, taskList, logger: quietLogger({ log: silentLog }), noHandleSignals: true })
  } finally {
    await pool.end()
  }
}

export interface WaitingJob {
  id: string
  name: string
  attempts: number
  maxAttempts: number
  delaySeconds: number
  lastError: string | null
  payload: unknown
}

/** Jobs that are waiting or have failed, oldest first. */
export async function waitingJobs({ db }: Pick<Deps, 'db'>): Promise<WaitingJob[]> {
  const { rows } = await sql<WaitingJob>`
    select jobs.id, identifier as name, attempts, max_attempts, last_error, payload,
           extract(epoch from run_at - now())::float8 as delay_seconds
    from graphile_worker._private_jobs jobs
    join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id
    order by jobs.id`.execute(db)
  return rows
}

/** As if the waiting time of every job had passed. */
export async function makeJobsDue({ db }: Pick<Deps, 'db'>): Promise<void> {
  await sql`update graphile_worker._private_jobs set run_at = now()`.execute(db)
}

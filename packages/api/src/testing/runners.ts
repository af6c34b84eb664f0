import { sql } from 'kysely'
import type { z } from 'zod'
import { inTransaction } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { Job } from '../jobs/define.ts'
import { enqueue, type EnqueueOptions } from '../jobs/enqueue.ts'
import { startRunner, type JobRunner, type RunnerOptions } from '../jobs/runner.ts'
import type { TestApi } from './index.ts'

export interface TestRunners {
  start(jobs: readonly Job[], options?: Partial<RunnerOptions & { deps: Partial<Deps> }>): JobRunner
  /** And no job is left. */
  stop(): Promise<void>
}

/** The runners of a file of tests: `afterEach(() => runners.stop())`. */
export function createTestRunners(api: () => TestApi): TestRunners {
  const runners: JobRunner[] = []
  return {
    start(jobs, { deps, ...options } = {}) {
      const { database } = api()
      const runner = startRunner({ ...api().deps, ...deps }, jobs, { url: database.directUrl, ...options })
      runners.push(runner)
      return runner
    },
    async stop() {
      await Promise.all(runners.splice(0).map((runner) => runner.stop()))
      await sql`delete from graphile_worker._private_jobs`.execute(api().db)
      await sql`delete from workers`.execute(api().db)
      await sql`delete from job_runs`.execute(api().db)
    },
  }
}

export const enqueueOne = <Payload extends z.ZodType>(
  { db }: Pick<Deps, 'db'>,
  job: Job<Payload>,
  payload: z.input<Payload>,
  options?: EnqueueOptions,
) => inTransaction(db, (trx) => enqueue(trx, job, payload, options))

/** The attempts of a job, oldest first. */
export const runsOf = ({ db }: Pick<Deps, 'db'>, jobId: string) =>
  db.selectFrom('jobRuns').selectAll().where('jobId', '=', jobId).orderBy('id').execute()

/** Whoever waits for jobs looks for them now, and not at the next of its rounds. */
export const wake = ({ db }: Pick<Deps, 'db'>) =>
  sql`select pg_notify('jobs:insert', '{"count": 20}')`.execute(db)

/** What is locked, and by whom. */
export async function locksOf({ db }: Pick<Deps, 'db'>) {
  const { rows } = await sql<{ id: string; lockedBy: string; attempts: number }>`
    select id, locked_by, attempts from graphile_worker._private_jobs where locked_by is not null order by id`.execute(
    db,
  )
  return rows
}

/** As if it had been silent for half a minute. */
export async function silence({ db }: Pick<Deps, 'db'>, workerId?: string) {
  const then = sql<Date>`now() - interval '31 seconds'`
  await db
    .updateTable('workers')
    .set({ seenAt: then })
    .$if(workerId !== undefined, (query) => query.where('id', '=', workerId ?? ''))
    .execute()
  await sql`
    update graphile_worker._private_jobs set locked_at = ${then}
    where locked_by = coalesce(${workerId ?? null}, locked_by)`.execute(db)
  await sql`
    update graphile_worker._private_job_queues set locked_at = ${then}
    where locked_by = coalesce(${workerId ?? null}, locked_by)`.execute(db)
}

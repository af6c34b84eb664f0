import { sql, type Kysely, type RawBuilder } from 'kysely'
import * as z from 'zod'
import type { Database } from '../db.ts'
import { inBatches } from './batches.ts'
import { defineJob } from './define.ts'

const samplesDays = 7

/** What is kept of jobs is kept for a while. */
export const sweepJobs = defineJob({
  name: 'jobs:sweep',
  payload: z.object({}),
  cron: { schedule: '11 * * * *', backfillMinutes: 60 },
  timeoutSeconds: 600,
  async run({ db, settings }, _payload, { signal }) {
    const { jobHistoryDays, failedJobDays } = settings
    await inBatches((limit) => deleteOldRuns(db, jobHistoryDays, limit), signal)
    await inBatches((limit) => deleteOldSamples(db, limit), signal)
    await inBatches((limit) => deleteFailedJobs(db, failedJobDays, limit), signal)
  },
})

/** The oldest have the lowest ids, but for a few whose clock was ahead: where all of so many are not yet old, none behind them is. */
const deleteOldRuns = (db: Kysely<Database>, days: number, limit: number) =>
  affected(
    db,
    sql`
    delete from job_runs where id in (
      select id from (select id, ended_at from job_runs order by id limit ${20 * limit}) oldest
      where ended_at < now() - ${days}::int * interval '1 day' limit ${limit}
    )`,
  )

const deleteOldSamples = (db: Kysely<Database>, limit: number) =>
  affected(
    db,
    sql`
    delete from queue_samples where (at, queue) in (
      select at, queue from queue_samples where at < now() - ${samplesDays}::int * interval '1 day' limit ${limit}
    )`,
  )

/** Nobody retried them for so long. */
const deleteFailedJobs = (db: Kysely<Database>, days: number, limit: number) =>
  affected(
    db,
    sql`
    delete from graphile_worker._private_jobs where id in (
      select id from graphile_worker._private_jobs
      where attempts >= max_attempts and locked_at is null and updated_at < now() - ${days}::int * interval '1 day'
      limit ${limit} for update skip locked
    )`,
  )

async function affected(db: Kysely<Database>, statement: RawBuilder<unknown>): Promise<number> {
  const { numAffectedRows = 0n } = await statement.execute(db)
  return Number(numAffectedRows)
}

export const jobsJobs = [sweepJobs]

import { sql } from 'kysely'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { createTestApi, failedJob, insertJob, type TestApi } from '../testing/index.ts'
import { sweepJobs } from './jobs.ts'

let api: TestApi

beforeEach(async () => {
  await api?.stop()
  api = await createTestApi()
})

afterAll(() => api.stop())

const sweep = (signal = new AbortController().signal) =>
  sweepJobs.run(api.deps, {}, { id: '1', attempt: 1, signal })

const insertRuns = (count: number, ageDays: number) =>
  sql`
  insert into job_runs (job_id, name, attempt, max_attempts, started_at, ended_at, outcome)
  select number, 'test:old', 1, 4, now() - ${ageDays} * interval '1 day', now() - ${ageDays} * interval '1 day', 'succeeded'
  from generate_series(1, ${count}) number`.execute(api.db)

async function count(table: string): Promise<number> {
  const { rows } = await sql<{
    count: number
  }>`select count(*)::int as count from ${sql.table(table)}`.execute(api.db)
  return rows[0]?.count ?? 0
}

it('attempts are kept for two weeks, as it is set, however many there were', async () => {
  await insertRuns(1_700, 14.1)
  await insertRuns(30, 13.9)
  await sweep()
  expect(await count('job_runs')).toBe(30)
})

it.each([1, 600])('%i attempts whose clock was ahead do not keep older ones behind them', async (ahead) => {
  await insertRuns(ahead, 13)
  await insertRuns(1_200, 15)
  await sweep()
  expect(await count('job_runs')).toBe(ahead)
})

it('samples are kept for a week', async () => {
  await sql`
    insert into queue_samples (at, queue, waiting, scheduled, retrying, running, failed)
    select now() - hours * interval '1 hour', queue, 0, 0, 0, 0, 0
    from generate_series(0, 400) hours, unnest(array['', 'a', 'b']) queue`.execute(api.db)
  await sweep()
  expect(await count('queue_samples')).toBe(3 * 7 * 24)
})

it('failed jobs wait for the staff for three months; what still runs or waits is never swept', async () => {
  const age = (days: number) =>
    sql`update graphile_worker._private_jobs set updated_at = now() - ${days} * interval '1 day'`.execute(
      api.db,
    )
  for (let number = 0; number < 3; number++) await failedJob(api.db)
  const kept = [await insertJob(api.db, { delaySeconds: 1e7 }), await failedJob(api.db, { lockedBy: 'ada' })]
  await age(89)
  await sweep()
  expect(await api.waitingJobs()).toHaveLength(5)
  await age(91)
  await sweep()
  expect((await api.waitingJobs()).map(({ id }) => id)).toEqual(kept)
})

it('it ends between two steps when its worker stops', async () => {
  await insertRuns(1_200, 15)
  await expect(sweep(AbortSignal.abort(new Error('The worker stops')))).rejects.toThrow('The worker stops')
  expect(await count('job_runs')).toBe(700)
})

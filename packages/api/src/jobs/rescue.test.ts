import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, insertJob, type TestApi } from '../testing/index.ts'
import { createTestRunners, locksOf, runsOf } from '../testing/runners.ts'
import { defineJob } from './define.ts'
import { leave } from './heartbeat.ts'
import { freeJobsOfTheDead } from './rescue.ts'

let api: TestApi
const runners = createTestRunners(() => api)

beforeAll(async () => {
  api = await createTestApi()
})

afterEach(async () => {
  api.logged.length = 0
  await runners.stop()
})

afterAll(() => api.stop())

const rescue = () => freeJobsOfTheDead(api.db, api.deps.log)

const worker = (id: string, silentSeconds: number, isCareful = false) =>
  api.db
    .insertInto('workers')
    .values({
      id,
      name: `host:${id}`,
      isCareful,
      seenAt: sql`now() - ${silentSeconds} * interval '1 second'`,
    })
    .execute()

/** A job that this worker has held for a minute. */
async function heldBy(lockedBy: string, job: Parameters<typeof insertJob>[1] = {}) {
  const id = await insertJob(api.db, { attempts: 1, ...job, lockedBy })
  await sql`update graphile_worker._private_jobs set locked_at = now() - interval '1 minute' where id = ${id}`.execute(
    api.db,
  )
  return id
}

it('what a fast lane had taken costs no attempt, and is for the careful one', async () => {
  await worker('ada', 31)
  const id = await heldBy('ada', { name: 'test:one', attempts: 2 })
  await rescue()
  expect(await api.waitingJobs()).toMatchObject([
    { id, name: 'careful/test:one', attempts: 1, maxAttempts: 4, lastError: null },
  ])
  expect(await runsOf(api, id)).toEqual([])
})

it('freed a second time it keeps its name', async () => {
  await heldBy('nobody', { name: 'careful/test:one' })
  await rescue()
  expect(await api.waitingJobs()).toMatchObject([{ name: 'careful/test:one', attempts: 0 }])
})

it('what ran on a careful lane is told in the history, and costs an attempt when a worker dies of it again', async () => {
  const id = await heldBy('ada', { maxAttempts: 2, payload: { token: 'x' } })
  for (const [lockedBy, attempts] of [
    ['ada', 0],
    ['bob', 1],
    ['carl', 2],
  ] as const) {
    await worker(lockedBy, 31, true)
    await sql`
      update graphile_worker._private_jobs
      set locked_by = ${lockedBy}, locked_at = now() - interval '1 minute', attempts = attempts + ${lockedBy === 'ada' ? 0 : 1}`.execute(
      api.db,
    )
    await rescue()
    expect(await api.waitingJobs()).toMatchObject([
      { id, attempts, lastError: 'The worker died while it ran this job' },
    ])
  }
  const rows = await runsOf(api, id)
  expect(rows.map(({ attempt, outcome, worker: name }) => [attempt, outcome, name])).toEqual([
    [1, 'interrupted', 'host:ada'],
    [1, 'interrupted', 'host:bob'],
    [2, 'failed', 'host:carl'],
  ])
  expect(rows[0]?.payload).toEqual({ token: '[redacted]' })
  // From the clock of the database alone.
  for (const { startedAt, endedAt } of rows)
    expect(endedAt.getTime() - startedAt.getTime()).toBeGreaterThanOrEqual(60_000)
})

it('those that ran together go on apart from each other', async () => {
  await worker('ada', 31, true)
  for (let number = 0; number < 4; number++) await heldBy('ada')
  await rescue()
  const [first, ...others] = (await api.waitingJobs()).map(({ delaySeconds }) => delaySeconds)
  expect(others.map((delay) => Math.round(delay - (first ?? NaN)))).toEqual([5, 10, 15])
})

it('a worker that was seen within half a minute keeps what it holds, however long', async () => {
  await worker('ada', 20, true)
  await worker('bob', 20)
  const ids = [await heldBy('ada'), await heldBy('bob', { queue: 'slow' })]
  await rescue()
  expect((await locksOf(api)).map(({ id }) => id)).toEqual(ids)
  expect(await api.db.selectFrom('workers').select('id').execute()).toHaveLength(2)
})

it('a worker of a former release is as dead as any other, and its jobs are freed', async () => {
  // Its beat knows of nothing but its id.
  await sql`insert into workers (id, seen_at) values ('former', now() - interval '31 seconds')`.execute(
    api.db,
  )
  const id = await heldBy('former', { name: 'test:one' })
  await rescue()
  expect(await api.waitingJobs()).toMatchObject([{ id, attempts: 0 }])
  expect(await locksOf(api)).toEqual([])
})

it('the queue of a dead worker is unlocked, whichever lane it was', async () => {
  for (const [id, isCareful] of [
    ['ada', true],
    ['bob', false],
  ] as const) {
    await worker(id, 31, isCareful)
    await heldBy(id, { queue: `of-${id}` })
  }
  await sql`
    update graphile_worker._private_job_queues queues set locked_by = jobs.locked_by, locked_at = jobs.locked_at
    from graphile_worker._private_jobs jobs where jobs.job_queue_id = queues.id`.execute(api.db)
  await rescue()
  const { rows } =
    await sql`select from graphile_worker._private_job_queues where locked_by is not null`.execute(api.db)
  expect(rows).toEqual([])
})

it('of six that rescue at once each job is freed once', async () => {
  await worker('ada', 31, true)
  await worker('bob', 31)
  const begun = await heldBy('ada', { attempts: 3 })
  for (let number = 0; number < 20; number++) await heldBy('bob', { attempts: 3 })
  await Promise.all(Array.from({ length: 6 }, rescue))
  expect((await api.waitingJobs()).map(({ attempts }) => attempts)).toEqual(Array(21).fill(2))
  expect(await runsOf(api, begun)).toHaveLength(1)
  expect(api.logged.filter(({ message }) => message === 'a worker died')).toHaveLength(2)
})

it.each([
  ['job_runs', 'away_runs'],
  ['live_events', 'away_events'],
])('without the table %s the dead are rescued all the same', async (table, away) => {
  await worker('ada', 31, true)
  await heldBy('ada', { lastError: 'The worker died while it ran this job', maxAttempts: 1 })
  await heldBy('ada')
  await sql`alter table ${sql.table(table)} rename to ${sql.table(away)}`.execute(api.db)
  try {
    await rescue()
    expect(await locksOf(api)).toEqual([])
    expect(await api.waitingJobs()).toMatchObject([
      { attempts: 1, maxAttempts: 1 },
      { attempts: 0, maxAttempts: 4 },
    ])
  } finally {
    await sql`alter table ${sql.table(away)} rename to ${sql.table(table)}`.execute(api.db)
  }
})

it('what was freed is done by the careful lane, under its own name', async () => {
  const done: unknown[] = []
  const job = defineJob({ name: 'test:one', payload: z.object({}), run: async () => void done.push(1) })
  const id = await heldBy('nobody', { name: 'test:one' })
  await rescue()
  runners.start([job])
  await eventually(async () =>
    expect(await runsOf(api, id)).toMatchObject([{ name: 'test:one', outcome: 'succeeded', attempt: 1 }]),
  )
  expect(done).toHaveLength(1)
})

it('what a worker ran when it stopped is told in the history, once, and what it had only taken is not', async () => {
  const [begun, taken] = [await heldBy('ada', { payload: { token: 'x' } }), await heldBy('ada')]
  await worker('ada', 0)
  await api.db
    .updateTable('workers')
    .set({ running: [begun] })
    .execute()
  await leave(api.db, 'ada')
  await leave(api.db, 'ada')
  expect(await runsOf(api, begun)).toMatchObject([
    {
      outcome: 'interrupted',
      attempt: 1,
      worker: 'host:ada',
      errorMessage: 'The worker stopped while it ran this job',
      payload: { token: '[redacted]' },
    },
  ])
  expect(await runsOf(api, taken)).toEqual([])
  expect(await api.waitingJobs()).toMatchObject([
    { id: begun, attempts: 0, lastError: null },
    { id: taken, attempts: 0 },
  ])
})

it('all that a careful lane has locked when it stops was under way', async () => {
  const id = await heldBy('ada', { queue: 'slow' })
  await worker('ada', 0, true)
  await leave(api.db, 'ada')
  expect(await runsOf(api, id)).toMatchObject([{ outcome: 'interrupted', queue: 'slow' }])
})

it('without the table job_runs a worker that stops returns what it has all the same', async () => {
  await worker('ada', 0, true)
  await heldBy('ada')
  await sql`alter table job_runs rename to away_runs`.execute(api.db)
  try {
    await leave(api.db, 'ada')
    expect(await locksOf(api)).toEqual([])
  } finally {
    await sql`alter table away_runs rename to job_runs`.execute(api.db)
  }
})

import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createDatabase } from '../db.ts'
import { eventually } from '../testing/eventually.ts'
import {
  createTestApi,
  failedJob,
  insertJob,
  retryingJob,
  silentLog,
  type TestApi,
} from '../testing/index.ts'
import { pauseMs, startSampling, takeSample } from './samples.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterEach(async () => {
  await sql`delete from graphile_worker._private_jobs`.execute(api.db)
  await sql`delete from queue_samples`.execute(api.db)
  await sql`delete from live_events`.execute(api.db)
})

afterAll(() => api.stop())

const samples = () => api.db.selectFrom('queueSamples').selectAll().orderBy('queue').execute()

it('the jobs of each queue are counted by their state', async () => {
  await insertJob(api.db)
  await insertJob(api.db, { delaySeconds: 60 })
  await retryingJob(api.db)
  await failedJob(api.db)
  await insertJob(api.db, { lockedBy: 'ada', attempts: 1 })
  await insertJob(api.db, { queue: 'slow' })
  expect(await takeSample(api.db)).toBe(true)
  expect(await samples()).toMatchObject([
    { queue: '', waiting: 1, scheduled: 1, retrying: 1, running: 1, failed: 1 },
    { queue: 'slow', waiting: 1, scheduled: 0, retrying: 0, running: 0, failed: 0 },
  ])
})

it('an empty queue is a sample, too, and the staff hears of it', async () => {
  await takeSample(api.db)
  expect(await samples()).toMatchObject([{ queue: '', waiting: 0, failed: 0 }])
  const events = await sql`select topic, kind from live_events`.execute(api.db)
  expect(events.rows).toEqual([{ topic: 'jobs', kind: 'queues.sampled' }])
})

it('a queue that comes up within the fifteen seconds waits for the next sample', async () => {
  await takeSample(api.db)
  const [first] = await samples()
  await insertJob(api.db, { queue: 'new' })
  await takeSample(api.db)
  // The second may be one of the next interval.
  const ofTheFirst = (await samples()).filter(({ at }) => at.getTime() === first?.at.getTime())
  expect(ofTheFirst).toHaveLength(1)
})

it('of six workers that count at once one writes, and at most once in fifteen seconds', async () => {
  const { directUrl } = api.database
  const workers = Array.from({ length: 6 }, () => createDatabase({ url: directUrl, log: silentLog, max: 1 }))
  try {
    const taken = await Promise.all([...workers, ...workers].map((db) => takeSample(db)))
    const moments = new Set((await samples()).map(({ at }) => at.getTime()))
    expect(taken.filter(Boolean)).toHaveLength(moments.size)
    for (const moment of moments) expect(moment % 15_000).toBe(0)
    // A new interval may have begun meanwhile.
    expect(moments.size).toBeLessThanOrEqual(2)
    expect(await samples()).toHaveLength(moments.size)
  } finally {
    await Promise.all(workers.map((db) => db.destroy()))
  }
})

it.each([
  [0, 15_000],
  [100, 14_900],
  [1_000, 20_000],
  [10_000, 200_000],
])('who took %i ms for it rests for %i', (tookMs, ms) => {
  expect(pauseMs(tookMs)).toBe(ms)
})

/** Samples are taken when the test says so. */
function startByHand(db = api.db, timeoutMs = 10_000) {
  const planned: { sample(): void; ms: number }[] = []
  const schedule = (sample: () => void, ms: number) => {
    planned.push({ sample, ms })
    return setTimeout(() => {}, 0)
  }
  return { planned, sampling: startSampling({ ...api.deps, db }, { timeoutMs, schedule }) }
}

it('one follows the other, until the worker stops', async () => {
  const { planned, sampling } = startByHand()
  expect(planned).toMatchObject([{ ms: 15_000 }])
  for (const turn of [1, 2]) {
    planned.at(-1)!.sample()
    await eventually(() => expect(planned).toHaveLength(turn + 1))
    expect(await samples()).not.toEqual([])
  }
  sampling.stop()
  await sql`delete from queue_samples`.execute(api.db)
  planned.at(-1)!.sample()
  await vi.waitUntil(async () => (await samples()).length > 0, { timeout: 60_000 })
  expect(planned).toHaveLength(3)
})

it('counting that takes too long is given up by the database itself, and rested from', async () => {
  const before = api.logged.length
  // Through a pooler PostgreSQL knows of no limits of the connection.
  const db = createDatabase({ url: api.database.url, log: silentLog, isPooler: true })
  await api.db.transaction().execute(async (trx) => {
    await sql`lock table graphile_worker._private_jobs in access exclusive mode`.execute(trx)
    const { planned, sampling } = startByHand(db, 1_000)
    planned[0]!.sample()
    await eventually(() => expect(planned).toHaveLength(2))
    sampling.stop()
    expect(planned[1]!.ms).toBeGreaterThanOrEqual(20_000)
  })
  await db.destroy()
  expect(api.logged.slice(before)).toMatchObject([
    { level: 'warn', message: 'the queues could not be counted', fields: { err: { code: '57014' } } },
  ])
  expect(await samples()).toEqual([])
})

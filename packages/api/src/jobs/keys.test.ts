import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { createDatabase, inTransaction } from '../db.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, silentLog, type TestApi } from '../testing/index.ts'
import { createTestRunners, enqueueOne, locksOf, runsOf } from '../testing/runners.ts'
import { constant } from './backoff.ts'
import { defineJob } from './define.ts'
import { enqueue } from './enqueue.ts'
import { leave } from './heartbeat.ts'
import { freeJobsOfTheDead } from './rescue.ts'

let api: TestApi
const runners = createTestRunners(() => api)

beforeAll(async () => {
  api = await createTestApi()
})

afterEach(() => runners.stop())
afterAll(() => api.stop())

const payload = z.object({ name: z.string(), turn: z.number().default(0) })

const done: string[] = []

const greet = defineJob({
  name: 'test:greet',
  payload,
  uniqueBy: ({ name }) => name,
  run: async (_deps, { name }) => void done.push(name),
})

it('of equal jobs one waits, with what was said last', async () => {
  const first = await enqueueOne(api, greet, { name: 'ada', turn: 1 })
  const second = await enqueueOne(api, greet, { name: 'ada', turn: 2 })
  await enqueueOne(api, greet, { name: 'bob' })
  expect(second).toBe(first)
  const waiting = await api.waitingJobs()
  expect(waiting.map((job) => job.payload)).toEqual([{ name: 'ada', turn: 2 }, { name: 'bob' }])
})

it('a key that is given counts instead, among the jobs of the same name', async () => {
  const other = defineJob({ ...greet, name: 'test:part' })
  await enqueueOne(api, greet, { name: 'ada' }, { key: 'the same' })
  await enqueueOne(api, greet, { name: 'bob' }, { key: 'the same' })
  await enqueueOne(api, other, { name: 'carl' }, { key: 'the same' })
  expect((await api.waitingJobs()).map((job) => job.payload)).toEqual([{ name: 'bob' }, { name: 'carl' }])
})

it('of forty transactions that enqueue equal jobs at once, of which a half fails, one job is left', async () => {
  await Promise.all(
    Array.from({ length: 40 }, (_, turn) =>
      inTransaction(api.db, async (trx) => {
        await enqueue(trx, greet, { name: 'ada', turn })
        if (turn % 2) throw new Error('no')
      }).catch(() => {}),
    ),
  )
  expect(await api.waitingJobs()).toHaveLength(1)
})

it('one that failed to the last does not keep another from being done', async () => {
  const first = await enqueueOne(api, greet, { name: 'ada' })
  await sql`update graphile_worker._private_jobs set attempts = max_attempts`.execute(api.db)
  const second = await enqueueOne(api, greet, { name: 'ada' })
  expect(second).not.toBe(first)
  runners.start([greet])
  await eventually(async () => expect(await runsOf(api, second)).toMatchObject([{ outcome: 'succeeded' }]))
})

it('a job that is taken while its equal is enqueued does not swallow it', async () => {
  const first = await enqueueOne(api, greet, { name: 'ada' })
  const { directUrl } = api.database
  const worker = createDatabase({ url: directUrl, log: silentLog, max: 1 })
  try {
    let second: Promise<string> | undefined
    await worker.transaction().execute(async (trx) => {
      await sql`
        update graphile_worker._private_jobs set attempts = 1, locked_by = 'bob', locked_at = now()`.execute(
        trx,
      )
      second = enqueueOne(api, greet, { name: 'ada', turn: 2 })
      await eventually(async () => expect(await isAnyoneBlocked()).toBe(true))
    })
    expect(await second).toMatch(/^\d+$/)
    expect(await second).not.toBe(first)
    expect(await api.waitingJobs()).toMatchObject([{ id: first }, { id: await second, payload: { turn: 2 } }])
  } finally {
    await worker.destroy()
  }
})

async function isAnyoneBlocked() {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
    api.db,
  )
  return rows.length > 0
}

/** A job that runs until it is told how to end. */
function heldJob() {
  const ends: { resolve(): void; reject(error: Error): void }[] = []
  const job = defineJob({
    name: 'test:hold',
    payload,
    backoff: constant(0),
    uniqueBy: ({ name }) => name,
    run: () => new Promise<void>((resolve, reject) => ends.push({ resolve, reject })),
  })
  return { job, ends }
}

it('a job that runs already is not equal any more: the next one is done, too', async () => {
  const { job, ends } = heldJob()
  runners.start([job])
  const first = await enqueueOne(api, job, { name: 'ada' })
  await eventually(() => expect(ends).toHaveLength(1))
  const second = await enqueueOne(api, job, { name: 'ada' })
  await eventually(() => expect(ends).toHaveLength(2))
  for (const { resolve } of ends) resolve()
  for (const id of [first, second])
    await eventually(async () => expect(await runsOf(api, id)).toMatchObject([{ outcome: 'succeeded' }]))
})

it('one that fails after another took its place is not tried again over it', async () => {
  const { job, ends } = heldJob()
  runners.start([job])
  const first = await enqueueOne(api, job, { name: 'ada', turn: 1 })
  await eventually(() => expect(ends).toHaveLength(1))
  const second = await enqueueOne(api, job, { name: 'ada', turn: 2 })
  await eventually(() => expect(ends).toHaveLength(2))
  ends[0]?.reject(new Error('too late'))
  await eventually(async () =>
    expect(await runsOf(api, first)).toMatchObject([{ outcome: 'cancelled', errorMessage: 'too late' }]),
  )
  expect((await locksOf(api)).map(({ id }) => id)).toEqual([second])
  ends[1]?.resolve()
  await eventually(async () => expect(await api.waitingJobs()).toEqual([]))
})

const turns: number[] = []

const sync = defineJob({
  name: 'test:sync',
  payload: z.object({ turn: z.number().default(0) }),
  uniqueBy: () => 'one',
  run: async (_deps, { turn }) => void turns.push(turn),
})

/** By Graphile Worker's own hand, as it takes a job. */
const lock = (id: string, lockedBy: string) =>
  sql`
  update graphile_worker._private_jobs set attempts = attempts + 1, locked_by = ${lockedBy}, locked_at = now()
  where id = ${id} and is_available`.execute(api.db)

/** The queue of the clock, which has a key of the same kind. */
async function addByClock(): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    select id from graphile_worker.add_job(
      'test:sync', '{"_cron":{"ts":"2026-01-31T09:30:00.000Z","backfilled":false}}'::json,
      job_key => 'test:sync:one', max_attempts => 4)`.execute(api.db)
  return rows[0]!.id
}

const people = [
  ['somebody', () => enqueueOne(api, sync, { turn: 1 })],
  ['the clock', addByClock],
] as const

const lanes = [
  ['fast', false],
  ['careful', true],
] as const

/** A worker that has had a job for a minute, and another took its place. */
async function replacedAt(enqueueFirst: () => Promise<string>, isCareful: boolean) {
  turns.length = 0
  const seenAt = sql<Date>`now() - interval '31 seconds'`
  await api.db.insertInto('workers').values({ id: 'ada', name: 'host:ada', isCareful, seenAt }).execute()
  const first = await enqueueFirst()
  await lock(first, 'ada')
  const second = await enqueueOne(api, sync, { turn: 2 })
  expect(second).not.toBe(first)
  await sql`
    update graphile_worker._private_jobs set locked_at = now() - interval '1 minute' where id = ${first}`.execute(
    api.db,
  )
  return { first, second }
}

/** The second is done, and the first is not, nor waits. */
async function expectOnlySecond({ first, second }: { first: string; second: string }) {
  await sql`update graphile_worker._private_jobs set run_at = now()`.execute(api.db)
  runners.start([sync])
  await eventually(async () => expect(await runsOf(api, second)).toMatchObject([{ outcome: 'succeeded' }]))
  await eventually(async () => expect(await api.waitingJobs()).toEqual([]))
  expect(turns).toEqual([2])
  expect(await runsOf(api, first)).toMatchObject([{ outcome: 'cancelled' }])
}

for (const [who, add] of people)
  for (const [lane, isCareful] of lanes) {
    it(`what ${who} enqueued, and another took the place of, does not come back when a ${lane} worker dies`, async () => {
      const jobs = await replacedAt(add, isCareful)
      await freeJobsOfTheDead(api.db, api.deps.log)
      expect((await api.waitingJobs()).map(({ id }) => id)).toEqual([jobs.second])
      expect(await runsOf(api, jobs.first)).toMatchObject([{ worker: 'host:ada', outcome: 'cancelled' }])
      await expectOnlySecond(jobs)
    })

    it(`nor when a ${lane} worker stops`, async () => {
      const jobs = await replacedAt(add, isCareful)
      await leave(api.db, 'ada')
      expect((await api.waitingJobs()).map(({ id }) => id)).toEqual([jobs.second])
      expect(await runsOf(api, jobs.first)).toMatchObject([{ worker: 'host:ada', outcome: 'cancelled' }])
      await expectOnlySecond(jobs)
    })
  }

it.each(people)(
  'what was taken ahead for %s, replaced and given back is not begun any more',
  async (_, add) => {
    const jobs = await replacedAt(add, false)
    // As Graphile Worker does after two seconds.
    await sql`
      update graphile_worker._private_jobs
      set attempts = greatest(0, attempts - 1), locked_by = null, locked_at = null
      where locked_by = 'ada'`.execute(api.db)
    await expectOnlySecond(jobs)
  },
)

it('one that failed, and another took the place of, is not done over it when the staff retries it', async () => {
  turns.length = 0
  const first = await enqueueOne(api, sync, { turn: 1 })
  await sql`update graphile_worker._private_jobs set attempts = max_attempts`.execute(api.db)
  const second = await enqueueOne(api, sync, { turn: 2 })
  await sql`update graphile_worker._private_jobs set attempts = 0 where id = ${first}`.execute(api.db)
  await expectOnlySecond({ first, second })
})

it.each(lanes)('one that has its key still comes back when a %s worker dies', async (_, isCareful) => {
  const seenAt = sql<Date>`now() - interval '31 seconds'`
  await api.db.insertInto('workers').values({ id: 'ada', isCareful, seenAt }).execute()
  const ids = [await enqueueOne(api, sync, { turn: 1 }), await enqueueOne(api, greet, { name: 'ada' })]
  for (const id of ids) await lock(id, 'ada')
  await sql`update graphile_worker._private_jobs set locked_at = now() - interval '1 minute'`.execute(api.db)
  await freeJobsOfTheDead(api.db, api.deps.log)
  expect(await api.waitingJobs()).toMatchObject(ids.map((id) => ({ id, attempts: 0 })))
})

it('one that has its key still comes back when its worker stops', async () => {
  const id = await enqueueOne(api, sync, { turn: 1 })
  await lock(id, 'ada')
  await leave(api.db, 'ada')
  expect(await api.waitingJobs()).toMatchObject([{ id, attempts: 0 }])
})

it('one that had no key is not taken for replaced, not on its last attempt either', async () => {
  const id = await enqueueOne(api, defineJob({ ...payloadless, retries: 0 }), {})
  await lock(id, 'ada')
  await leave(api.db, 'ada')
  expect(await api.waitingJobs()).toMatchObject([{ id, attempts: 0 }])
})

const payloadless = { name: 'test:none', payload: z.object({}), run: async () => {} }

it('a list has no key, as two of them would be put together', async () => {
  const job = defineJob({ name: 'test:list', payload: z.array(z.number()).max(2), run: async () => {} })
  await expect(enqueueOne(api, job, [1], { key: 'one' })).rejects.toThrow('test:list has a key')
  const keyed = defineJob({ ...job, uniqueBy: () => 'one' })
  await expect(enqueueOne(api, keyed, [1])).rejects.toThrow('its payload can not be a list')
  await enqueueOne(api, job, [1])
  expect(await api.waitingJobs()).toMatchObject([{ payload: [1] }])
})

it('nothing is done before its time', async () => {
  const runAt = new Date(Date.now() + 3_600_000)
  const later = await enqueueOne(api, greet, { name: 'later' }, { runAt })
  done.length = 0
  runners.start([greet])
  const now = await enqueueOne(api, greet, { name: 'now' })
  await eventually(async () => expect(await runsOf(api, now)).toHaveLength(1))
  expect(done).toEqual(['now'])
  expect(await api.waitingJobs()).toMatchObject([{ id: later, attempts: 0 }])
  expect((await api.waitingJobs())[0]?.delaySeconds).toBeGreaterThan(3_500)
})

it.each(['fast', 'careful'])(
  'on the %s lane the lower priority goes first, whoever came first',
  async (lane) => {
    const order: string[] = []
    const withPriority = (priority: number) =>
      defineJob({
        name: `test:at${priority}`,
        payload,
        priority,
        ...(lane === 'careful' && { queue: 'one' }),
        run: async (_deps, { name }) => void order.push(`${priority} ${name}`),
      })
    const [low, none, high] = [withPriority(10), withPriority(0), withPriority(-10)]
    await enqueueOne(api, low, { name: 'ada' })
    await enqueueOne(api, none, { name: 'bob' })
    await enqueueOne(api, high, { name: 'carl' })
    await enqueueOne(api, none, { name: 'dora' })
    runners.start([low, none, high], { concurrency: 1 })
    await eventually(() => expect(order).toHaveLength(4))
    expect(order).toEqual(['-10 carl', '0 bob', '0 dora', '10 ada'])
  },
)

it('a job of a name that no worker knows waits, and holds up no other', async () => {
  const unknown = defineJob({ ...greet, name: 'test:of-the-next-release' })
  const waiting = await enqueueOne(api, unknown, { name: 'ada' })
  runners.start([greet])
  const id = await enqueueOne(api, greet, { name: 'bob' })
  await eventually(async () => expect(await runsOf(api, id)).toHaveLength(1))
  expect(await api.waitingJobs()).toMatchObject([{ id: waiting, attempts: 0 }])
  expect(await locksOf(api)).toEqual([])
})

import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createDatabase, inTransaction } from '../db.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, silentLog, startTestProxy, type TestApi, type TestProxy } from '../testing/index.ts'
import { createTestRunners, enqueueOne, locksOf, runsOf } from '../testing/runners.ts'
import { defineJob, type JobRun } from './define.ts'
import { enqueue } from './enqueue.ts'

let api: TestApi
let proxy: TestProxy
const runners = createTestRunners(() => api)

beforeAll(async () => {
  vi.spyOn(console, 'trace').mockReturnValue()
  vi.spyOn(console, 'error').mockReturnValue()
  api = await createTestApi()
  proxy = await startTestProxy(api.database.directUrl)
})

afterEach(async () => {
  proxy.restore()
  await runners.stop()
})

afterAll(async () => {
  proxy.stop()
  await api.stop()
})

const payload = z.object({})
const workers = () => api.db.selectFrom('workers').select('id').execute()

/** Ends when it is released, or asked to by its signal if it heeds that. */
function heldJob({ heedsSignal = false, queue }: { heedsSignal?: boolean; queue?: string } = {}) {
  let release = () => {}
  const run = vi.fn(
    (_deps: unknown, _payload: unknown, { signal }: JobRun) =>
      new Promise<void>((resolve, reject) => {
        release = resolve
        if (heedsSignal) signal.addEventListener('abort', () => reject(signal.reason))
      }),
  )
  const job = defineJob({ name: 'test:hold', payload, ...(queue !== undefined && { queue }), run })
  return { job, run, release: () => release() }
}

it.each(['fast', 'careful'])(
  'what ends while a runner stops on the %s lane is done, and nobody waits longer',
  async (lane) => {
    const held = heldJob(lane === 'careful' ? { queue: 'slow' } : {})
    const runner = runners.start([held.job], { graceMs: 60_000 })
    const id = await enqueueOne(api, held.job, {})
    await eventually(() => expect(held.run).toHaveBeenCalledTimes(1))
    const stopped = runner.stop()
    held.release()
    await stopped
    expect(await runsOf(api, id)).toMatchObject([{ outcome: 'succeeded', attempt: 1 }])
    expect(await workers()).toEqual([])
  },
)

it.each(['fast', 'careful'])(
  'half-way through the grace a job on the %s lane is asked to end, which costs no attempt',
  async (lane) => {
    const held = heldJob({ heedsSignal: true, ...(lane === 'careful' && { queue: 'slow' }) })
    const runner = runners.start([held.job], { graceMs: 1_000 })
    const id = await enqueueOne(api, held.job, {})
    await eventually(() => expect(held.run).toHaveBeenCalledTimes(1))
    await runner.stop()
    expect(await runsOf(api, id)).toMatchObject([
      { outcome: 'interrupted', attempt: 1, errorMessage: 'The worker stops' },
    ])
    expect(await api.waitingJobs()).toMatchObject([{ id, attempts: 0, maxAttempts: 4 }])
    expect(await locksOf(api)).toEqual([])
  },
)

it('what was taken ahead is returned as it was', async () => {
  let taken = 0
  // It looks for itself: what is taken ahead is given back after two seconds.
  const run = vi.fn(async () => {
    taken = (await locksOf(api)).length
    return new Promise<void>(() => {})
  })
  const job = defineJob({ name: 'test:hold', payload, run })
  await inTransaction(api.db, async (trx) => {
    for (let turn = 0; turn < 8; turn++) await enqueue(trx, job, {})
  })
  const runner = runners.start([job], { graceMs: 200, concurrency: 1 })
  await eventually(() => expect(taken).toBe(8))
  await runner.stop()
  expect(await locksOf(api)).toEqual([])
  expect((await api.waitingJobs()).map(({ attempts }) => attempts)).toEqual(Array(8).fill(0))
  expect(run).toHaveBeenCalledTimes(1)
})

it('the queue of a job that was returned is free for others', async () => {
  const held = heldJob({ queue: 'slow' })
  const runner = runners.start([held.job], { graceMs: 50 })
  const id = await enqueueOne(api, held.job, {})
  await eventually(() => expect(held.run).toHaveBeenCalledTimes(1))
  await runner.stop()
  runners.start([held.job])
  await eventually(() => expect(held.run).toHaveBeenCalledTimes(2))
  held.release()
  await eventually(async () =>
    expect((await runsOf(api, id)).at(-1)).toMatchObject({ outcome: 'succeeded', attempt: 1 }),
  )
})

/** A worker whose every connection goes through the proxy. */
function startBehindProxy(job: ReturnType<typeof heldJob>['job'], graceMs: number) {
  const db = createDatabase({ url: proxy.url, log: silentLog })
  return { db, runner: runners.start([job], { url: proxy.url, graceMs, deps: { db } }) }
}

it.each(['cut', 'hang'] as const)(
  'a runner whose database was lost (%s) stops soon after its grace',
  async (loss) => {
    const held = heldJob()
    const { runner } = startBehindProxy(held.job, 500)
    await enqueueOne(api, held.job, {})
    await eventually(() => expect(held.run).toHaveBeenCalledTimes(1))
    proxy[loss]()
    const isStopped = await Promise.race([runner.stop().then(() => true), sleep(20_000, false)])
    expect(isStopped).toBe(true)
    expect(await locksOf(api)).toHaveLength(1)
  },
)

it('a runner that loses the database while it stops, and has not been answered yet, throws nothing', async () => {
  const uncaught = vi.fn()
  process.on('unhandledRejection', uncaught)
  proxy.hangAt('LISTEN')
  const { runner } = startBehindProxy(heldJob().job, 100)
  await eventually(() => expect(proxy.hanging()).toBe(2))
  await runner.stop()
  proxy.cut()
  await sleep(500)
  process.off('unhandledRejection', uncaught)
  expect(uncaught).not.toHaveBeenCalled()
})

it('a runner that is stopped while its start hangs stops', async () => {
  const held = heldJob()
  proxy.hang()
  const { runner } = startBehindProxy(held.job, 100)
  await eventually(() => expect(proxy.hanging()).toBeGreaterThan(0))
  const isStopped = await Promise.race([runner.stop().then(() => true), sleep(20_000, false)])
  expect(isStopped).toBe(true)
  expect(runner.isRunning()).toBe(false)
})

it('a runner that starts and stops many times leaves no connection behind', async () => {
  const held = heldJob()
  const count = async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and query not like '%pg_stat_activity%' and application_name = 'tenon'`.execute(
      api.db,
    )
    return rows[0]?.count ?? 0
  }
  const before = await count()
  for (let turn = 0; turn < 5; turn++) {
    const runner = runners.start([held.job])
    await eventually(() => expect(runner.isRunning()).toBe(true))
    await runner.stop()
  }
  await eventually(async () => expect(await count()).toBeLessThanOrEqual(before + 10))
  expect(await workers()).toEqual([])
})

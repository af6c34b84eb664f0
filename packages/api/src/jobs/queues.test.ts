import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { inTransaction } from '../db.ts'
import { heldInQueue } from '../testing/doomed-jobs.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, type TestApi } from '../testing/index.ts'
import { createTestRunners, enqueueOne, locksOf, runsOf, silence } from '../testing/runners.ts'
import { defineJob } from './define.ts'
import { enqueue } from './enqueue.ts'
import { freeJobsOfTheDead } from './rescue.ts'

let api: TestApi
const runners = createTestRunners(() => api)

beforeAll(async () => {
  api = await createTestApi()
})

afterEach(() => runners.stop())
afterAll(() => api.stop())

const payload = z.object({ queue: z.string(), turn: z.number() })

it('jobs of a queue run one after the other and in their order, in three runners at once; those of others beside them', async () => {
  const running = new Map<string, number>()
  const order = new Map<string, number[]>()
  const faults: string[] = []
  let queuesAtOnce = 0
  const step = defineJob({
    name: 'test:step',
    payload,
    queue: ({ queue }) => queue,
    async run(_deps, { queue, turn }) {
      if (running.has(queue)) faults.push(`${turn} beside ${running.get(queue)} in ${queue}`)
      running.set(queue, turn)
      queuesAtOnce = Math.max(queuesAtOnce, running.size)
      order.set(queue, [...(order.get(queue) ?? []), turn])
      await sleep(turn % 7)
      running.delete(queue)
    },
  })
  const turns = Array.from({ length: 40 }, (_, turn) => turn)
  // Half of them before there is anybody, half while all three compete.
  for (const turn of turns.slice(0, 20))
    for (const queue of ['a', 'b', 'c']) await enqueueOne(api, step, { queue, turn })
  for (let count = 0; count < 3; count++) runners.start([step], { concurrency: 6 })
  for (const turn of turns.slice(20))
    for (const queue of ['a', 'b', 'c']) await enqueueOne(api, step, { queue, turn })
  await eventually(async () => expect(await api.waitingJobs()).toEqual([]))
  expect(faults).toEqual([])
  for (const queue of ['a', 'b', 'c']) expect(order.get(queue)).toEqual(turns)
  expect(queuesAtOnce).toBeGreaterThan(1)
})

it('what one transaction enqueues is run in the order of the calls', async () => {
  const order: number[] = []
  const step = defineJob({
    name: 'test:steps',
    payload,
    queue: 'steps',
    run: async (_deps, { turn }) => void order.push(turn),
  })
  await inTransaction(api.db, async (trx) => {
    for (const turn of [1, 2, 3, 4, 5]) await enqueue(trx, step, { queue: '', turn })
  })
  // Written anew, they lie in another order.
  for (const turn of [4, 2, 1])
    await sql`
      update graphile_worker._private_jobs set priority = priority + 1 where (payload->>'turn')::int = ${turn}`.execute(
      api.db,
    )
  await sql`update graphile_worker._private_jobs set priority = 0`.execute(api.db)
  runners.start([step])
  await eventually(() => expect(order).toHaveLength(5))
  expect(order).toEqual([1, 2, 3, 4, 5])
})

it('a job that a stopping runner returns keeps its place in its queue', async () => {
  const { job, begun, releases } = heldJob()
  for (const turn of [1, 2]) await enqueueOne(api, job, { queue: 'a', turn })
  const runner = runners.start([job], { graceMs: 10 })
  await eventually(() => expect(begun).toEqual([1]))
  await runner.stop()
  runners.start([job])
  await eventually(() => expect(begun).toEqual([1, 1]))
  releases.at(-1)?.()
  await eventually(() => expect(begun).toEqual([1, 1, 2]))
  releases.at(-1)?.()
  await eventually(async () => expect(await api.waitingJobs()).toEqual([]))
})

/** A job of a queue that runs until it is released. */
function heldJob() {
  const begun: number[] = []
  const releases: (() => void)[] = []
  const job = defineJob({
    name: 'test:hold',
    payload,
    queue: ({ queue }) => queue,
    retries: 0,
    run: (_deps, { turn }) => {
      begun.push(turn)
      return new Promise<void>((resolve) => releases.push(resolve))
    },
  })
  return { job, begun, releases }
}

/** A worker of its own, until it is killed. */
function startProcess() {
  const program = new URL('../testing/doomed-process.ts', import.meta.url).pathname
  const args = [program, api.database.directUrl, JSON.stringify(api.deps.settings), '2']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = once(child, 'exit')
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(kill)
  return { kill }
}

it('the queue of a dead worker goes on where it was, and nobody has lost an attempt', async () => {
  await sql`create table marks (job_id bigint not null, process int not null, what text not null)`.execute(
    api.db,
  )
  const marks = async (what: string) =>
    (await sql<{ jobId: string }>`select job_id from marks where what = ${what}`.execute(api.db)).rows.map(
      ({ jobId }) => jobId,
    )
  const ids: string[] = []
  for (let turn = 0; turn < 3; turn++) ids.push(await enqueueOne(api, heldInQueue, {}))
  const { kill } = startProcess()
  await eventually(async () => expect(await marks('begun')).toEqual([ids[0]]))
  await eventually(async () =>
    expect(await api.db.selectFrom('workers').select('id').execute()).toHaveLength(2),
  )
  await kill()
  await silence(api)
  await freeJobsOfTheDead(api.db, api.deps.log)
  expect(await locksOf(api)).toEqual([])
  await sql`insert into marks (job_id, process, what) values (0, ${process.pid}, 'go')`.execute(api.db)
  runners.start([heldInQueue])
  await eventually(async () => expect(await marks('ended')).toEqual(ids))
  expect(await marks('begun')).toEqual([ids[0], ...ids])
  for (const id of ids)
    await eventually(async () =>
      expect((await runsOf(api, id)).at(-1)).toMatchObject({ outcome: 'succeeded', attempt: 1 }),
    )
})

it('a job whose queue was given up with a release is run, and so is one that was freed before it had one', async () => {
  const plain = defineJob({ name: 'test:change', payload, run: async () => {} })
  const queued = defineJob({ ...plain, queue: 'new' })
  const former = await enqueueOne(api, queued, { queue: '', turn: 1 })
  runners.start([plain])
  await eventually(async () =>
    expect(await runsOf(api, former)).toMatchObject([{ outcome: 'succeeded', queue: 'new' }]),
  )
  await runners.stop()

  const freed = await enqueueOne(api, defineJob({ ...plain, name: 'careful/test:change' }), {
    queue: '',
    turn: 2,
  })
  runners.start([queued])
  await eventually(async () =>
    expect(await runsOf(api, freed)).toMatchObject([{ name: 'test:change', outcome: 'succeeded' }]),
  )
})

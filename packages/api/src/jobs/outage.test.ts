import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createDatabase } from '../db.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, silentLog, startTestProxy, type TestApi, type TestProxy } from '../testing/index.ts'
import { createTestRunners, enqueueOne, runsOf } from '../testing/runners.ts'
import { defineJob, type JobRun } from './define.ts'
import { startHeart, type Heart } from './heartbeat.ts'
import { allTasks, fastTasks, type TaskContext } from './tasks.ts'

let api: TestApi
let proxy: TestProxy
const runners = createTestRunners(() => api)
const hearts: Heart[] = []

beforeAll(async () => {
  vi.spyOn(console, 'trace').mockReturnValue()
  vi.spyOn(console, 'error').mockReturnValue()
  api = await createTestApi()
  proxy = await startTestProxy(api.database.directUrl)
})

afterEach(async () => {
  vi.mocked(Date.now).mockRestore?.()
  for (const heart of hearts.splice(0)) heart.stop()
  proxy.restore()
  await runners.stop()
})

afterAll(async () => {
  proxy.stop()
  await api.stop()
})

/** As on a machine that slept, or hung, for so long. */
function passSeconds(seconds: number) {
  const { now } = Date
  vi.spyOn(Date, 'now').mockImplementation(() => now() + seconds * 1000)
}

const startedSignals: AbortSignal[] = []

const endless = defineJob({
  name: 'test:endless',
  payload: z.object({}),
  run: (_deps, _payload, { signal }: JobRun) => {
    startedSignals.push(signal)
    return new Promise<void>(() => {})
  },
})

const quick = defineJob({ name: 'test:quick', payload: z.object({}), run: async () => {} })

it('a run whose connections hang is given up: its jobs are asked to end, and another takes its place', async () => {
  const db = createDatabase({ url: proxy.url, log: silentLog })
  runners.start([endless, quick], { url: proxy.url, graceMs: 100, deps: { db } })
  await enqueueOne(api, endless, {})
  await eventually(() => expect(startedSignals).toHaveLength(1))
  await eventually(async () => expect(await workers()).toHaveLength(2))
  proxy.hang()
  passSeconds(26)
  await eventually(() => expect(startedSignals[0]?.aborted).toBe(true))
  vi.mocked(Date.now).mockRestore()
  proxy.cut()
  proxy.restore()
  const id = await enqueueOne(api, quick, {})
  await eventually(async () => expect(await runsOf(api, id)).toMatchObject([{ outcome: 'succeeded' }]))
})

it('a worker that was taken for dead asks its jobs to end, and begins anew', async () => {
  startedSignals.length = 0
  runners.start([endless, quick], { graceMs: 100 })
  await enqueueOne(api, endless, {})
  await eventually(() => expect(startedSignals).toHaveLength(1))
  await eventually(async () => expect(await workers()).toHaveLength(2))
  await sql`delete from workers`.execute(api.db)
  await eventually(() => expect(startedSignals[0]?.aborted).toBe(true))
  await eventually(async () => expect(await workers()).toHaveLength(2))
})

const workers = () => api.db.selectFrom('workers').select('id').orderBy('id').execute()

const seenAt = async (id: string) =>
  (await api.db.selectFrom('workers').select('seenAt').where('id', '=', id).executeTakeFirstOrThrow()).seenAt

const dead = (id: string) =>
  api.db
    .insertInto('workers')
    .values({ id, seenAt: sql`now() - interval '31 seconds'` })
    .execute()

function start(id: string, wasCutOff: boolean, onDeath = () => {}) {
  const beat = { id, name: id, isCareful: true, running: () => [] }
  hearts.push(startHeart({ db: api.db, log: api.deps.log, beat, wasCutOff, onDeath }))
}

it('who was cut off is in no hurry to take the others for dead: they were, too', async () => {
  await dead('bob')
  // However long it takes to look.
  const at = Date.now()
  vi.spyOn(Date, 'now').mockReturnValue(at)
  start('ada', true)
  const firstSeen = await eventually(() => seenAt('ada'))
  await eventually(async () => expect(await seenAt('ada')).not.toEqual(firstSeen))
  expect(await workers()).toEqual([{ id: 'ada' }, { id: 'bob' }])
  start('carl', false)
  await eventually(async () => expect(await workers()).toEqual([{ id: 'ada' }, { id: 'carl' }]))
})

it('who can free nobody still hears of its own death', async () => {
  const onDeath = vi.fn()
  await sql`alter table graphile_worker._private_job_queues rename to away`.execute(api.db)
  try {
    start('ada', false, onDeath)
    await eventually(async () => expect(await workers()).toEqual([{ id: 'ada' }]))
    await sql`delete from workers`.execute(api.db)
    await eventually(() => expect(onDeath).toHaveBeenCalled())
  } finally {
    await sql`alter table graphile_worker.away rename to _private_job_queues`.execute(api.db)
  }
})

it('a run that is over begins no job, and leaves it to be returned', async () => {
  const run = vi.fn(async () => {})
  const job = defineJob({ name: 'test:never', payload: z.object({}), run })
  const context = { isOver: () => true } as TaskContext
  for (const tasks of [fastTasks, allTasks]) {
    const [task] = Object.values(tasks([job], context))
    const row = { id: '7', job_queue_id: 7 }
    void task?.({}, { job: row } as never)
    // Graphile Worker fails what is running when it is shut down by force, by its id.
    expect(row).toEqual({ id: '0', job_queue_id: null })
  }
  expect(run).not.toHaveBeenCalled()
})

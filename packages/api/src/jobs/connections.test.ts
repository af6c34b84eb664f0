import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createDatabase, inTransaction } from '../db.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, silentLog, type TestApi } from '../testing/index.ts'
import { createTestRunners, enqueueOne, runsOf } from '../testing/runners.ts'
import { defineJob } from './define.ts'

let api: TestApi
const runners = createTestRunners(() => api)

beforeAll(async () => {
  vi.spyOn(console, 'trace').mockReturnValue()
  api = await createTestApi()
})

afterEach(() => runners.stop())
afterAll(() => api.stop())

const payload = z.object({})
const lastSeen = () => api.db.selectFrom('workers').select(['id', 'seenAt']).orderBy('id').execute()

it('a worker whose jobs have taken every connection still beats, and ends other jobs', async () => {
  const db = createDatabase({
    url: api.database.url,
    log: silentLog,
    max: 1,
    isPooler: api.database.isPooled,
  })
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const run = vi.fn(() => inTransaction(db, () => released))
  const greedy = defineJob({ name: 'test:greedy', payload, run })
  const quick = defineJob({ name: 'test:quick', payload, run: async () => {} })
  const failing = defineJob({
    name: 'test:failing',
    payload,
    run: () => Promise.reject(new Error('It broke')),
  })

  runners.start([greedy, quick, failing], { deps: { db } })
  const held = await enqueueOne(api, greedy, {})
  await eventually(() => expect(run).toHaveBeenCalled())
  const [done, failed] = [await enqueueOne(api, quick, {}), await enqueueOne(api, failing, {})]
  await eventually(async () => expect(await runsOf(api, done)).toMatchObject([{ outcome: 'succeeded' }]))
  await eventually(async () => expect(await runsOf(api, failed)).toMatchObject([{ outcome: 'retrying' }]))

  const before = await eventually(async () => {
    const workers = await lastSeen()
    expect(workers).toHaveLength(2)
    return workers
  })
  await eventually(async () => {
    const now = await lastSeen()
    expect(now.map(({ id }) => id)).toEqual(before.map(({ id }) => id))
    for (const [at, { seenAt }] of now.entries()) expect(seenAt > before[at]!.seenAt).toBe(true)
  })

  release()
  await eventually(async () => expect(await runsOf(api, held)).toMatchObject([{ outcome: 'succeeded' }]))
  await db.destroy()
})

import { run } from 'graphile-worker'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { createPool, inTransaction } from '../db.ts'
import { mailLink } from '../features/auth/jobs.ts'
import { jobs } from '../features/index.ts'
import { newId } from '../ids.ts'
import { createTestApi, silentLog, type TestApi } from '../testing/index.ts'
import { defineJob } from './define.ts'
import { enqueue } from './enqueue.ts'
import { quietLogger } from './run.ts'
import { toCronItems } from './crons.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterEach(() => sql`delete from graphile_worker._private_jobs`.execute(api.db))

afterAll(() => api.stop())

it('a job exists when its transaction has committed, with its attempts and its payload', async () => {
  const tokenId = newId()
  await inTransaction(api.db, (trx) => enqueue(trx, mailLink, { tokenId }))
  const [job, ...others] = await api.waitingJobs()
  expect(job).toMatchObject({ name: 'auth:mail-link', attempts: 0, maxAttempts: 4, payload: { tokenId } })
  expect(others).toEqual([])
})

it('before that nobody sees it, and when the transaction fails there is none', async () => {
  const failing = inTransaction(api.db, async (trx) => {
    await enqueue(trx, mailLink, { tokenId: newId() })
    expect(await api.waitingJobs()).toEqual([])
    throw new Error('after all, no')
  })
  await expect(failing).rejects.toThrow('after all, no')
  expect(await api.waitingJobs()).toEqual([])
})

it('a job takes the payload that it declares, and only in a transaction, as the types say', async () => {
  const tokenId = newId()
  const wrong = [
    // @ts-expect-error -- a field is missing
    () => inTransaction(api.db, (trx) => enqueue(trx, mailLink, {})),
    // @ts-expect-error -- a field is of another type
    () => inTransaction(api.db, (trx) => enqueue(trx, mailLink, { tokenId: 7 })),
    // @ts-expect-error -- no object
    () => inTransaction(api.db, (trx) => enqueue(trx, mailLink, tokenId)),
    // @ts-expect-error -- a field of another name
    () => inTransaction(api.db, (trx) => enqueue(trx, mailLink, { userId: tokenId })),
  ]
  for (const call of wrong) await expect(call()).rejects.toThrow(z.ZodError)
  // @ts-expect-error -- outside of a transaction
  const outside = () => enqueue(api.db, mailLink, { tokenId })
  expect(outside).toBeTypeOf('function')
  expect(await api.waitingJobs()).toEqual([])
})

it('of some thousand transactions of which a thousand fail, at random, each leaves a job with its row, or neither', async () => {
  await sql`create table rows (id integer primary key)`.execute(api.db)
  const mark = defineJob({ name: 'test:mark', payload: z.object({ id: z.number() }), run: async () => {} })
  let [begun, aborts, commits] = [0, 0, 0]
  const one = (id: number) =>
    inTransaction(api.db, async (trx) => {
      const steps = [
        () => enqueue(trx, mark, { id }),
        () => sql`insert into rows (id) values (${id})`.execute(trx),
      ]
      const failsAt = Math.random() < 0.5 ? Math.floor(Math.random() * 3) : 3
      for (const [at, step] of (Math.random() < 0.5 ? steps : steps.toReversed()).entries()) {
        if (at === failsAt) throw new Error('no')
        await step()
      }
      if (failsAt === 2) throw new Error('no')
      // As PostgreSQL itself says no.
      if (id % 50 === 0) await sql`select 1 / 0`.execute(trx)
    }).then(
      () => commits++,
      () => aborts++,
    )
  // As many at a time as have a connection.
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (aborts < 1_000) await one(begun++)
    }),
  )
  const { rows } = await sql<{ both: number; jobsAlone: number; rowsAlone: number }>`
    select count(*) filter (where jobs.id is not null and rows.id is not null)::int as both,
           count(*) filter (where rows.id is null)::int as jobs_alone,
           count(*) filter (where jobs.id is null)::int as rows_alone
    from rows full join (select id, (payload->>'id')::int as row_id from graphile_worker._private_jobs) jobs
      on jobs.row_id = rows.id`.execute(api.db)
  expect(rows).toEqual([{ both: commits, jobsAlone: 0, rowsAlone: 0 }])
  expect(commits).toBeGreaterThan(0)
  expect(aborts).toBeGreaterThanOrEqual(1_000)
})

it.each([{}, { tokenId: 'x' }, { tokenId: null }, [], 'text', null])(
  'a payload of %j is a recorded permanent failure, not a storm of retries',
  async (payload) => {
    await sql`select graphile_worker.add_job('auth:mail-link', ${JSON.stringify(payload)}::json)`.execute(
      api.db,
    )
    await api.drainJobs()
    const [job] = await api.waitingJobs()
    expect(job).toMatchObject({
      attempts: 1,
      maxAttempts: 1,
      lastError: 'The payload is not one of auth:mail-link',
    })
    await api.makeJobsDue()
    await api.drainJobs()
    expect((await api.waitingJobs())[0]).toMatchObject({ attempts: 1 })
  },
)

it('a job whose row is gone ends quietly', async () => {
  await inTransaction(api.db, (trx) => enqueue(trx, mailLink, { tokenId: newId() }))
  await api.drainJobs()
  expect(await api.waitingJobs()).toEqual([])
  expect(api.mailbox.sent).toEqual([])
})

it('names of jobs are unique', () => {
  expect(new Set(jobs.map(({ name }) => name)).size).toBe(jobs.length)
})

it('Graphile Worker knows every job of the clock', async () => {
  const pool = createPool({ url: api.database.directUrl, log: silentLog, max: 3 })
  const runner = await run({
    pgPool: pool,
    taskList: { nothing: () => {} },
    parsedCronItems: toCronItems(jobs),
    noHandleSignals: true,
    logger: quietLogger(api.deps),
  })
  await runner.stop()
  await pool.end()
  const { rows } = await sql`select identifier from graphile_worker._private_known_crontabs`.execute(api.db)
  expect(rows).toHaveLength(jobs.filter(({ cron }) => cron).length)
})

it.each(jobs.filter(({ cron }) => cron).map((job) => [job.name, job] as const))(
  '%s takes the payload that the clock gives it, and finds nothing to do on an empty database',
  async (name, { payload }) => {
    // The clock adds `_cron` with the time that it meant.
    expect(payload.safeParse({ _cron: { ts: '2026-03-01T03:17:00.000Z' } }).success).toBe(true)
    await sql`select graphile_worker.add_job(${name}, '{}'::json)`.execute(api.db)
    await api.drainJobs()
    expect(await api.waitingJobs()).toEqual([])
  },
)

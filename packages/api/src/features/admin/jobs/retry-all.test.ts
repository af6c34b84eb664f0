import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { carefulName } from '../../../jobs/lanes.ts'
import { createTestApi, type Person, type TestApi } from '../../../testing/index.ts'
import { endedJob, failedJob, insertJob, retryingJob } from '../../../testing/job-rows.ts'
import { refusalOf } from '../../../testing/refusal.ts'
import { retryFailedJobs } from './retry-all.ts'

let api: TestApi
let root: Person

beforeAll(async () => {
  api = await createTestApi()
  root = await api.person('root', { role: 'admin' })
})

beforeEach(async () => {
  await sql`delete from graphile_worker._private_jobs`.execute(api.db)
  await api.db.deleteFrom('jobRuns').execute()
})

afterAll(() => api.stop())

const retryAll = (filter = {}) => root.calls.admin.jobs.retryAll(filter)

const failedIds = async () =>
  (await root.calls.admin.jobs.list({ state: 'failed' })).items.map(({ id }) => id)

const newestEvent = async () => (await root.calls.admin.audit.list({ limit: 1 })).items[0]

async function manyFailed(count: number) {
  await failedJob(api.db)
  await sql`
    insert into graphile_worker._private_jobs (task_id, attempts, max_attempts)
    select id, 1, 1 from graphile_worker._private_tasks, generate_series(2, ${count}::int)
    where identifier = 'audit:sweep'`.execute(api.db)
}

it('all failed jobs are tried again with their attempts anew, and no others', async () => {
  const careful = await failedJob(api.db, { name: carefulName('audit:sweep'), maxAttempts: 1 })
  const failed = [careful, await failedJob(api.db, { name: 'long:gone', maxAttempts: 2 })]
  const running = await failedJob(api.db, { lockedBy: 'worker-1' })
  const others = [await retryingJob(api.db), await insertJob(api.db, { delaySeconds: 60 }), running]
  await endedJob(api.db, { outcome: 'failed' })
  const before = await api.waitingJobs()
  expect(await retryAll()).toEqual({ retried: 2 })
  const after = await api.waitingJobs()
  const unchanged = (rows: typeof after) =>
    rows.filter(({ id }) => others.includes(id)).map((row) => ({ ...row, delaySeconds: 0 }))
  expect(unchanged(after)).toEqual(unchanged(before))
  expect(after.filter(({ id }) => failed.includes(id))).toMatchObject([
    { attempts: 0, maxAttempts: 4, lastError: null },
    { attempts: 0, maxAttempts: 2, lastError: null },
  ])
  expect(await newestEvent()).toMatchObject({
    action: 'job.all-retried',
    subjectId: null,
    details: { retried: 2, name: null, queue: null },
  })
})

it('with nothing to try again nothing is recorded', async () => {
  await retryAll()
  const before = await newestEvent()
  expect(await retryAll()).toEqual({ retried: 0 })
  expect(await newestEvent()).toEqual(before)
})

it.each([
  ['by name', { name: 'mail:link' }],
  ['by queue', { queue: 'mails' }],
  ['by part of the error', { q: 'refused' }],
  ['by part of the payload', { q: '0198' }],
  ['by one of the failures', { error: 'refused by … after … ms' }],
  ['by all of it', { name: 'mail:link', queue: 'mails', q: 'refused' }],
])('some are chosen %s', async (_, filter) => {
  const lastError = 'refused by ada@example.com after 31 ms\nand more'
  await failedJob(api.db, { name: 'mail:link', queue: 'mails', lastError, payload: { id: '0198' } })
  const other = await failedJob(api.db, { lastError: 'broken' })
  expect(await retryAll(filter)).toEqual({ retried: 1 })
  expect(await failedIds()).toEqual([other])
})

it('some are chosen by when they failed', async () => {
  await failedJob(api.db, { ageSeconds: 7_200 })
  const other = await failedJob(api.db)
  const until = new Date(Date.now() - 3_600_000).toISOString()
  expect(await retryAll({ until })).toEqual({ retried: 1 })
  expect(await failedIds()).toEqual([other])
})

it('10,000 are tried again in a call at most, each once', async () => {
  await manyFailed(10_500)
  const events = () =>
    api.db.selectFrom('auditEvents').select('id').where('action', '=', 'job.all-retried').execute()
  const before = (await events()).length
  expect(await retryAll()).toEqual({ retried: 10_000 })
  expect((await events()).length - before).toBe(10)
  expect(await retryAll()).toEqual({ retried: 500 })
  expect(await failedIds()).toEqual([])
})

it('of two calls at once each job is retried by one', async () => {
  await manyFailed(2_500)
  const both = await Promise.all([retryAll(), retryAll()])
  const sum = both.reduce((total, { retried }) => total + retried, 0)
  expect(sum + (await retryAll()).retried).toBe(2_500)
})

it('a job that fails again meanwhile is tried once', async () => {
  await manyFailed(1_200)
  await sql`
    create function fail_again() returns trigger language plpgsql as $$
      begin new.attempts = new.max_attempts; return new; end $$`.execute(api.db)
  await sql`
    create trigger fail_again before update on graphile_worker._private_jobs
    for each row execute function fail_again()`.execute(api.db)
  expect(await retryFailedJobs(api.deps, {}, Infinity)).toEqual({ retried: 1_200 })
  await sql`drop function fail_again cascade`.execute(api.db)
})

it('a job that somebody holds is left to them, and nobody waits for it', async () => {
  const id = await failedJob(api.db)
  await failedJob(api.db)
  const other = new pg.Client({ connectionString: api.database.directUrl })
  await other.connect()
  await other.query('begin')
  await other.query('select from graphile_worker._private_jobs where id = $1 for update', [id])
  expect(await retryAll()).toEqual({ retried: 1 })
  await other.query('rollback')
  await other.end()
  expect(await failedIds()).toEqual([id])
})

it('only who may manage jobs tries them again', async () => {
  const mona = await api.person('mona', { role: 'moderator' })
  expect(await refusalOf(mona.calls.admin.jobs.retryAll({}))).toMatchObject({ code: 'FORBIDDEN' })
  expect(await refusalOf(retryAll({ state: 'waiting' }))).toMatchObject({ code: 'VALIDATION_ERROR' })
})

import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { carefulName } from '../../../jobs/lanes.ts'
import { eventually } from '../../../testing/eventually.ts'
import { createTestApi, type Person, type TestApi } from '../../../testing/index.ts'
import { endedJob, failedJob, insertJob, retryingJob } from '../../../testing/job-rows.ts'
import { lockWaiters } from '../../../testing/locks.ts'
import { refusalOf } from '../../../testing/refusal.ts'

let api: TestApi
let root: Person
/** Connected as a worker is. */
let worker: pg.Client

beforeAll(async () => {
  api = await createTestApi()
  root = await api.person('root', { role: 'admin' })
  worker = new pg.Client({ connectionString: api.database.directUrl })
  await worker.connect()
})

beforeEach(async () => {
  await sql`delete from graphile_worker._private_jobs`.execute(api.db)
  await api.db.deleteFrom('jobRuns').execute()
})

afterAll(async () => {
  await worker.end()
  await api.stop()
})

const jobs = () => root.calls.admin.jobs
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

const rowOf = async (id: string) => (await api.waitingJobs()).find((job) => job.id === id)

async function events() {
  const { items } = await root.calls.admin.audit.list({ limit: 100 })
  return items.filter(({ action }) => action.startsWith('job.'))
}

async function newEventsOf(work: () => Promise<unknown>) {
  const before = (await events()).length
  await work()
  const after = await events()
  return after.slice(0, after.length - before)
}

describe('a retry', () => {
  it('gives a failed job all its attempts anew, and has it run at once', async () => {
    const id = await failedJob(api.db, {
      name: 'audit:sweep',
      attempts: 1,
      maxAttempts: 1,
      delaySeconds: 900,
    })
    expect(await jobs().retry({ id })).toMatchObject({ id, state: 'waiting', attempts: 0, error: null })
    const [declared] = (await jobs().list({ name: 'audit:sweep' })).items
    expect(await rowOf(id)).toMatchObject({
      attempts: 0,
      maxAttempts: declared!.maxAttempts,
      lastError: null,
    })
    expect(declared!.maxAttempts).toBeGreaterThan(1)
    expect((await rowOf(id))!.delaySeconds).toBeLessThanOrEqual(0)
    await api.drainJobs()
    expect(await api.waitingJobs()).toEqual([])
  })

  it('of a job that is defined no more leaves it as many as it had', async () => {
    const id = await failedJob(api.db, { name: 'long:gone', attempts: 2, maxAttempts: 2 })
    expect(await jobs().retry({ id })).toMatchObject({ state: 'waiting', attempts: 0, maxAttempts: 2 })
  })

  it('gives as many to one that was left by a dead worker', async () => {
    const id = await failedJob(api.db, { name: carefulName('audit:sweep'), maxAttempts: 1 })
    expect(await jobs().retry({ id })).toMatchObject({ name: 'audit:sweep', maxAttempts: 4 })
  })

  it('does not make a job wait any longer that waits after a failure', async () => {
    const id = await retryingJob(api.db)
    expect(await jobs().retry({ id })).toMatchObject({ state: 'waiting', attempts: 0 })
  })

  it('twice is harmless, and recorded once', async () => {
    const id = await failedJob(api.db)
    const told = await newEventsOf(async () => {
      await jobs().retry({ id })
      expect(await jobs().retry({ id })).toMatchObject({ id, state: 'waiting' })
    })
    expect(told).toMatchObject([
      {
        action: 'job.retried',
        actorId: root.user.id,
        subjectId: null,
        details: { jobId: id, name: 'audit:sweep' },
      },
    ])
  })

  it('of 20 at once does it once', async () => {
    const id = await failedJob(api.db)
    const told = await newEventsOf(() => Promise.all(Array.from({ length: 20 }, () => jobs().retry({ id }))))
    expect(told).toHaveLength(1)
  })

  it('that waited for another to do the same is harmless, too', async () => {
    const id = await failedJob(api.db)
    await worker.query('begin')
    await worker.query('select from graphile_worker._private_jobs where id = $1 for update', [id])
    const second = jobs().retry({ id })
    await untilSomebodyWaits()
    await worker.query(
      `update graphile_worker._private_jobs set attempts = 0, last_error = null, run_at = clock_timestamp() where id = $1`,
      [id],
    )
    await worker.query('commit')
    expect(await second).toMatchObject({ state: 'waiting' })
  })

  it('wakes the workers', async () => {
    const id = await failedJob(api.db)
    const heard: unknown[] = []
    worker.on('notification', ({ payload }) => heard.push(JSON.parse(payload ?? '')))
    await worker.query('listen "jobs:insert"')
    await jobs().retry({ id })
    await eventually(() => expect(heard).toContainEqual({ count: 1 }))
    await worker.query('unlisten *')
    worker.removeAllListeners('notification')
  })
})

describe('a cancellation', () => {
  it.each([
    ['waits', () => insertJob(api.db, { payload: { token: 'hush', id: 7 } })],
    ['is scheduled', () => insertJob(api.db, { delaySeconds: 60, payload: { token: 'hush', id: 7 } })],
    ['is tried again', () => retryingJob(api.db, { payload: { token: 'hush', id: 7 } })],
    ['has failed', () => failedJob(api.db, { payload: { token: 'hush', id: 7 } })],
  ])('takes a job away that %s, and keeps it in the history', async (_, make) => {
    const id = await make()
    const told = await newEventsOf(async () =>
      expect(await jobs().cancel({ id })).toMatchObject({
        id,
        state: 'cancelled',
        payload: '{"id":7,"token":"[redacted]"}',
        runs: [{ outcome: 'cancelled', worker: null, error: null }],
      }),
    )
    expect(await api.waitingJobs()).toEqual([])
    expect(await api.db.selectFrom('jobRuns').select('payload').execute()).toEqual([
      { payload: { id: 7, token: '[redacted]' } },
    ])
    expect(told).toMatchObject([{ action: 'job.cancelled', details: { jobId: id, name: 'audit:sweep' } }])
  })

  it('twice is harmless, and recorded once', async () => {
    const id = await insertJob(api.db)
    const told = await newEventsOf(async () => {
      const [one, other] = await Promise.all([jobs().cancel({ id }), jobs().cancel({ id })])
      expect(await jobs().cancel({ id })).toEqual(one)
      expect(other).toEqual(one)
    })
    expect(told).toHaveLength(1)
    expect(await api.db.selectFrom('jobRuns').select('outcome').execute()).toHaveLength(1)
  })

  it('makes room for another job of the same key', async () => {
    const add = () =>
      sql<{ id: string }>`select id from graphile_worker.add_job('audit:sweep', job_key => 'one')`.execute(
        api.db,
      )
    const { rows } = await add()
    await jobs().cancel({ id: rows[0]!.id })
    expect((await add()).rows[0]!.id).not.toBe(rows[0]!.id)
  })
})

describe('another time', () => {
  it.each([
    ['waits', () => insertJob(api.db), 'scheduled'],
    ['is scheduled', () => insertJob(api.db, { delaySeconds: 60 }), 'scheduled'],
    ['is tried again', () => retryingJob(api.db), 'retrying'],
  ])('is given to a job that %s, with its attempts left as they are', async (_, make, state) => {
    const id = await make()
    const { attempts } = (await rowOf(id))!
    const runAt = inHours(2)
    const told = await newEventsOf(async () => {
      expect(await jobs().reschedule({ id, runAt })).toMatchObject({ state, runAt, attempts })
      await jobs().reschedule({ id, runAt })
    })
    expect(told).toMatchObject([{ action: 'job.rescheduled', details: { jobId: id, runAt } }])
  })

  it('that has passed means at once, and no place before those who wait already', async () => {
    const id = await insertJob(api.db, { delaySeconds: 3_600 })
    const before = Date.now() - 1_000
    const { runAt } = await jobs().reschedule({ id, runAt: '2001-01-01T00:00:00Z' })
    expect(Date.parse(runAt!)).toBeGreaterThan(before)
    const told = await newEventsOf(() => jobs().reschedule({ id, runAt: '2001-01-01T00:00:00Z' }))
    expect(told).toEqual([])
  })

  it.each(['9999-12-31T23:59:59Z', 'tomorrow', '2026-02-30T00:00:00Z', '2026-01-01'])(
    'is not %s',
    async (runAt) => {
      const id = await insertJob(api.db)
      expect(await refusalOf(jobs().reschedule({ id, runAt }))).toMatchObject({ code: 'VALIDATION_ERROR' })
    },
  )
})

const deeds: [string, (id: string, person?: Person) => Promise<unknown>][] = [
  ['retried', (id, { calls } = root) => calls.admin.jobs.retry({ id })],
  ['cancelled', (id, { calls } = root) => calls.admin.jobs.cancel({ id })],
  ['rescheduled', (id, { calls } = root) => calls.admin.jobs.reschedule({ id, runAt: inHours(1) })],
]

describe.each(deeds)('a job is not %s', (what, deed) => {
  it('by a moderator', async () => {
    const mona = await api.person(`mona_${what}`, { role: 'moderator' })
    const id = await failedJob(api.db)
    expect(await refusalOf(deed(id, mona))).toMatchObject({ code: 'FORBIDDEN' })
  })

  it('while it runs', async () => {
    const id = await insertJob(api.db, { attempts: 1, lockedBy: 'worker-1' })
    const before = await rowOf(id)
    expect(await refusalOf(deed(id))).toEqual({
      code: 'CONFLICT',
      status: 409,
      message: 'A worker holds it at this moment.',
      details: {},
    })
    expect(await rowOf(id)).toEqual({ ...before, delaySeconds: expect.any(Number) })
  })

  it('when it has succeeded', async () => {
    expect(await refusalOf(deed(await endedJob(api.db)))).toMatchObject({
      code: 'CONFLICT',
      message: 'It has ended.',
    })
  })

  it('when it is not there', async () => {
    expect(await refusalOf(deed('4711'))).toMatchObject({ code: 'NOT_FOUND' })
    expect(await refusalOf(deed('one'))).toMatchObject({ code: 'VALIDATION_ERROR' })
  })

  it('when a worker takes it at this moment', async () => {
    const id = await retryingJob(api.db)
    await worker.query('begin')
    await worker.query(
      `update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w', attempts = 2 where id = $1`,
      [id],
    )
    const refused = refusalOf(deed(id))
    await untilSomebodyWaits()
    await worker.query('commit')
    expect(await refused).toMatchObject({ code: 'CONFLICT', message: 'A worker holds it at this moment.' })
    expect(await rowOf(id)).toMatchObject({ attempts: 2, lastError: 'It broke' })
  })

  it('when a worker ends it at this moment', async () => {
    const id = await retryingJob(api.db)
    await worker.query('begin')
    await worker.query(
      `with held as (delete from graphile_worker._private_jobs where id = $1 returning id)
       insert into job_runs (job_id, name, attempt, max_attempts, started_at, ended_at, outcome, payload)
       select id, 'audit:sweep', 2, 4, now(), now(), 'succeeded', '{}' from held`,
      [id],
    )
    const refused = refusalOf(deed(id))
    await untilSomebodyWaits()
    await worker.query('commit')
    expect(await refused).toMatchObject({ code: 'CONFLICT', message: 'It has ended.' })
  })

  it('without its being recorded', async () => {
    const id = await retryingJob(api.db)
    const before = await rowOf(id)
    await sql`alter table audit_events add constraint closed check (false) not valid`.execute(api.db)
    const refusal = await refusalOf(deed(id))
    await sql`alter table audit_events drop constraint closed`.execute(api.db)
    expect(refusal).toMatchObject({ code: 'INTERNAL' })
    expect(await rowOf(id)).toEqual({ ...before, delaySeconds: expect.any(Number) })
    expect(await api.db.selectFrom('jobRuns').select('id').execute()).toEqual([])
  })
})

/** A deed that has begun holds the row: a worker passes it by, and takes the job as it is afterwards. */
it('a worker takes no job that is being operated on', async () => {
  const id = await insertJob(api.db)
  const take = () =>
    worker.query<{ id: string }>(
      `update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w' where id in (
         select id from graphile_worker._private_jobs where is_available and run_at <= now() for update skip locked)
       returning id`,
    )
  const held = new pg.Client({ connectionString: api.database.directUrl })
  await held.connect()
  // The deed gets as far as its record, and waits there.
  await held.query('begin')
  await held.query('lock table audit_events in access exclusive mode')
  const cancelled = jobs().cancel({ id })
  await untilSomebodyWaits()
  expect((await take()).rows).toEqual([])
  await held.query('commit')
  await held.end()
  expect(await cancelled).toMatchObject({ state: 'cancelled' })
  expect((await take()).rows).toEqual([])
})

it.each([
  ['A job that has failed is retried, not rescheduled', () => failedJob(api.db), 'rescheduled'],
  [
    'A job that was never tried is rescheduled, not retried',
    () => insertJob(api.db, { delaySeconds: 60 }),
    'retried',
  ],
  ['A cancelled job is not retried', () => endedJob(api.db, { outcome: 'cancelled' }), 'retried'],
  ['A cancelled job is not rescheduled', () => endedJob(api.db, { outcome: 'cancelled' }), 'rescheduled'],
  ['A job that was swept is not retried', () => endedJob(api.db, { outcome: 'failed' }), 'retried'],
])('%s', async (_, make, what) => {
  const [, deed] = deeds.find(([name]) => name === what)!
  expect(await refusalOf(deed(await make()))).toMatchObject({ code: 'CONFLICT', status: 409 })
})

it('whatever the staff and the workers do at once, each job ends once', async () => {
  const ids: string[] = []
  for (let n = 0; n < 30; n++) ids.push(await failedJob(api.db))
  const outcomeOf = (deed: Promise<unknown>) =>
    deed.then(
      () => 'OK',
      (error: { apiCode?: string }) => error.apiCode,
    )
  const outcomes = await Promise.all([
    ...ids.flatMap((id) => deeds.map(([, deed]) => outcomeOf(deed(id)))),
    ...Array.from({ length: 3 }, () => outcomeOf(api.drainJobs())),
  ])
  expect(['OK', 'CONFLICT']).toEqual(expect.arrayContaining(outcomes))
  await api.makeJobsDue()
  await api.drainJobs()
  expect(await api.waitingJobs()).toEqual([])
  const runs = await api.db.selectFrom('jobRuns').select(['jobId', 'outcome']).execute()
  expect(runs.map(({ jobId }) => jobId).toSorted()).toEqual(ids.toSorted())
  expect(['succeeded', 'cancelled']).toEqual(expect.arrayContaining(runs.map(({ outcome }) => outcome)))
})

const untilSomebodyWaits = () => eventually(async () => expect(await lockWaiters(api)).toBeGreaterThan(0))

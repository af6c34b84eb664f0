import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { declaredJobs } from '../../../jobs/declared.ts'
import { createTestApi, type Caller, type Person, type TestApi } from '../../../testing/index.ts'
import { endedJob, failedJob, insertJob, insertRun, retryingJob } from '../../../testing/job-rows.ts'
import { refusalOf } from '../../../testing/refusal.ts'

let api: TestApi
let root: Person

beforeAll(async () => {
  api = await createTestApi()
  root = await api.person('root', { role: 'admin' })
})

beforeEach(async () => {
  await sql`delete from graphile_worker._private_jobs`.execute(api.db)
  for (const table of ['jobRuns', 'queueSamples', 'workers'] as const)
    await api.db.deleteFrom(table).execute()
})

afterAll(() => api.stop())

describe('the overview', () => {
  const overview = () => root.calls.admin.jobs.overview()

  it('of nothing is empty', async () => {
    expect(await overview()).toEqual({
      counts: { waiting: 0, scheduled: 0, retrying: 0, running: 0, failed: 0 },
      oldestDueSeconds: null,
      lastHour: { succeeded: 0, failedAttempts: 0, failed: 0, cancelled: 0, succeededPerMinute: 0 },
      jobs: [],
    })
  })

  it('counts the jobs in each state, and tells how long the one waits that is due the longest', async () => {
    const { db } = api
    await insertJob(db, { delaySeconds: -100 })
    await insertJob(db, { delaySeconds: -10 })
    await insertJob(db, { delaySeconds: 60 })
    await insertJob(db, { attempts: 1, lockedBy: 'worker-1', delaySeconds: -500 })
    await retryingJob(db)
    await failedJob(db, { delaySeconds: -900 })
    const { counts, oldestDueSeconds } = await overview()
    expect(counts).toEqual({ waiting: 2, scheduled: 1, retrying: 1, running: 1, failed: 1 })
    expect(oldestDueSeconds).toBeGreaterThanOrEqual(100)
    expect(oldestDueSeconds).toBeLessThan(400)
  })

  it('counts what the last hour brought, by name, the busiest first', async () => {
    const { db } = api
    for (let took = 1; took <= 100; took++) await endedJob(db, { name: 'mail:link', tookSeconds: took / 100 })
    const jobId = await endedJob(db, { name: 'posts:announce', outcome: 'retrying' })
    await insertRun(db, { jobId, name: 'posts:announce', outcome: 'failed', tookSeconds: 3 })
    await endedJob(db, { name: 'posts:announce', outcome: 'cancelled', tookSeconds: 0 })
    await endedJob(db, { name: 'posts:announce', ageSeconds: 3_700 })
    const { lastHour, jobs } = await overview()
    expect(lastHour).toEqual({
      succeeded: 100,
      failedAttempts: 2,
      failed: 1,
      cancelled: 1,
      succeededPerMinute: 100 / 60,
    })
    const lastEndedAt = expect.any(String)
    expect(jobs).toEqual([
      { name: 'mail:link', runs: 100, failures: 0, p50Ms: 505, p95Ms: 950.5, lastEndedAt },
      { name: 'posts:announce', runs: 2, failures: 2, p50Ms: 2_000, p95Ms: 2_900, lastEndedAt },
    ])
  })
})

describe('failures', () => {
  const failures = async () => (await root.calls.admin.jobs.failures()).items

  it('are those of the same job and error, whatever ids, numbers and addresses are in it', async () => {
    const { db } = api
    const ofPeer = [
      'Peer 10.0.0.7:25 refused <ada@example.com> for 0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44 after 31 ms',
      'Peer 10.0.0.81:25 refused <bob.b@mail.example.org> for 0198C5F2-0000-7c3e-9d0a-3b1f6c2e8a45 after 7 ms',
      'Peer 10.1.0.8:587 refused <x@y.zz> for 0198c5f26a527c3e9d0a3b1f6c2e8a44 after 7 ms\n and other lines',
    ]
    const ids: string[] = []
    for (const lastError of ofPeer) ids.push(await failedJob(db, { lastError }))
    await failedJob(db, { name: 'mail:link', lastError: ofPeer[0]! })
    await failedJob(db, { lastError: 'decade' })
    await retryingJob(db, { lastError: ofPeer[0]! })
    await failedJob(db, { lastError: ofPeer[0]!, lockedBy: 'worker-1' })
    const [most, ...others] = await failures()
    expect(most).toEqual({
      name: 'audit:sweep',
      error: 'Peer …:… refused <…> for … after … ms',
      count: 3,
      firstAt: expect.any(String),
      lastAt: expect.any(String),
      exampleId: ids[2],
    })
    const told = others.map(({ name, error, count }) => `${count} ${name} ${error}`)
    expect(told.toSorted()).toEqual([
      '1 audit:sweep decade',
      '1 mail:link Peer …:… refused <…> for … after … ms',
    ])
  })

  it('tell when the first and the last of them was', async () => {
    for (const ageSeconds of [86_400, 60]) await failedJob(api.db, { ageSeconds })
    const [{ firstAt, lastAt } = { firstAt: '', lastAt: '' }] = await failures()
    expect(Date.parse(lastAt) - Date.parse(firstAt)).toBeCloseTo((86_400 - 60) * 1000, -4)
  })

  it('lead to their jobs, to list them and to retry them', async () => {
    const ids = [
      await failedJob(api.db, { lastError: 'Lost 7 of 8' }),
      await failedJob(api.db, { lastError: 'Lost 6 of 8' }),
    ]
    await failedJob(api.db, { lastError: 'Lost some of 8' })
    const [{ name, error } = { name: '', error: '' }] = await failures()
    const { items } = await root.calls.admin.jobs.list({ state: 'failed', name, error })
    expect(items.map(({ id }) => id)).toEqual(ids.toReversed())
    expect(await root.calls.admin.jobs.retryAll({ name, error })).toEqual({ retried: 2 })
  })

  it('are 100 at most, and say something of a job that failed without a word', async () => {
    const letters = 'abcdefghijklmnop'
    for (let n = 0; n < 105; n++)
      await failedJob(api.db, { lastError: `No ${letters[n % 16]!}${letters[Math.floor(n / 16)]!}` })
    await failedJob(api.db, { lastError: null })
    await failedJob(api.db, { lastError: null })
    const items = await failures()
    expect(items).toHaveLength(100)
    expect(items[0]).toMatchObject({ error: '', count: 2 })
  })
})

describe('workers', () => {
  const workers = async () => (await root.calls.admin.jobs.workers()).items

  it('come with their heartbeat and what they run now', async () => {
    const { db } = api
    const own = await insertJob(db, { name: 'mail:link', attempts: 1, lockedBy: 'w1' })
    const ahead = await insertJob(db, { attempts: 1, lockedBy: 'w1' })
    const others = await insertJob(db, { attempts: 1, lockedBy: 'w2' })
    await insertJob(db)
    await db
      .insertInto('workers')
      .values([
        { id: 'w1', name: 'host:1', running: [own, others, '4711'] },
        { id: 'w2', name: 'host:2', isCareful: true },
        { id: 'w3', name: 'host:3', seenAt: new Date(Date.now() - 31_000) },
      ])
      .execute()
    const items = await workers()
    const of = (id: string) => items.find((worker) => worker.id === id)
    expect(of('w1')).toEqual({
      id: 'w1',
      name: 'host:1',
      startedAt: expect.any(String),
      seenAt: expect.any(String),
      isAlive: true,
      isCareful: false,
      jobs: [{ id: own, name: 'mail:link', startedAt: expect.stringMatching(/^20.*\d{3}Z$/) }],
    })
    expect(of('w2')).toMatchObject({ isAlive: true, isCareful: true, jobs: [{ id: others }] })
    expect(of('w3')).toMatchObject({ isAlive: false, jobs: [] })
    expect(JSON.stringify(items)).not.toContain(`"${ahead}"`)
  })

  it('tell of 100 jobs each at most', async () => {
    await api.db.insertInto('workers').values({ id: 'w1', name: 'host:1', isCareful: true }).execute()
    for (let n = 0; n < 103; n++) await insertJob(api.db, { lockedBy: 'w1' })
    const [worker] = await workers()
    expect(worker?.jobs).toHaveLength(100)
  })
})

describe('crons', () => {
  const crons = async () => (await root.calls.admin.jobs.crons()).items

  it('are all jobs that the clock starts, by name, with the next time', async () => {
    const items = await crons()
    const names = declaredJobs().flatMap(({ name, cron }) => (cron ? [name] : []))
    expect(names.length).toBeGreaterThan(2)
    expect(items.map(({ name }) => name)).toEqual(names.toSorted())
    for (const { nextAt, schedule, timeZone } of items) {
      expect(Date.parse(nextAt!)).toBeGreaterThan(Date.now() - 60_000)
      expect([schedule.split(' ').length, timeZone]).toEqual([5, 'UTC'])
    }
  })

  it('tell when the clock last started them, and how their newest attempt ended', async () => {
    await sql`
      insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
      values ('audit:sweep', now(), '2026-01-31T03:00:00Z')`.execute(api.db)
    const id = await endedJob(api.db, { outcome: 'retrying' })
    await insertRun(api.db, { jobId: id, outcome: 'succeeded', attempt: 2 })
    const items = await crons()
    expect(items.find(({ name }) => name === 'audit:sweep')).toMatchObject({
      lastAt: '2026-01-31T03:00:00.000Z',
      lastRun: {
        jobId: id,
        outcome: 'succeeded',
        startedAt: expect.any(String),
        endedAt: expect.any(String),
      },
    })
    expect(items.filter(({ lastRun, lastAt }) => lastRun ?? lastAt)).toHaveLength(1)
  })
})

describe('the depth of the queues', () => {
  type Query = Parameters<Caller['admin']['jobs']['depth']>[0]
  const depth = (query: Query = {}) => root.calls.admin.jobs.depth(query)

  const start = Date.parse('2026-01-31T00:00:00Z')
  const at = (seconds: number) => new Date(start + seconds * 1000)
  const iso = (seconds: number) => at(seconds).toISOString()
  const none = { waiting: 0, scheduled: 0, retrying: 0, running: 0, failed: 0 }

  const sample = (seconds: number, queue: string, counts: Partial<typeof none>) =>
    api.db
      .insertInto('queueSamples')
      .values({ at: at(seconds), queue, ...none, ...counts })
      .execute()

  it('is the sum of all queues, or of one', async () => {
    await sample(0, '', { waiting: 3, failed: 1 })
    await sample(0, 'mails', { waiting: 4, running: 1 })
    await sample(15, 'mails', { retrying: 2, scheduled: 5 })
    const range = { since: iso(0), until: iso(60) }
    expect(await depth(range)).toEqual({
      intervalSeconds: 15,
      items: [
        { ...none, at: iso(0), waiting: 7, failed: 1, running: 1 },
        { ...none, at: iso(15), retrying: 2, scheduled: 5 },
      ],
    })
    expect((await depth({ ...range, queue: '' })).items).toEqual([
      { ...none, at: iso(0), waiting: 3, failed: 1 },
    ])
    expect((await depth({ ...range, queue: 'mails' })).items).toHaveLength(2)
    expect((await depth({ ...range, queue: 'none' })).items).toEqual([])
  })

  it('keeps to its times: from the first on, before the last', async () => {
    for (const seconds of [0, 15, 30, 45]) await sample(seconds, '', { waiting: seconds })
    const { items } = await depth({ since: iso(15), until: iso(45) })
    expect(items.map(({ waiting }) => waiting)).toEqual([15, 30])
    expect((await depth({ since: iso(45), until: iso(15) })).items).toEqual([])
  })

  it('is that of the last hour unless told otherwise', async () => {
    const ago = (seconds: number) => sample((Date.now() - start) / 1000 - seconds, '', { waiting: seconds })
    for (const seconds of [3_700, 3_500, 60]) await ago(seconds)
    expect((await depth()).items.map(({ waiting }) => waiting)).toEqual([3_500, 60])
  })

  it('comes in 300 points at most, and no peak is thinned out', async () => {
    await sql`
      insert into queue_samples (at, queue, waiting, scheduled, retrying, running, failed)
      select ${at(0)}::timestamptz + interval '15 seconds' * n, '', n % 7, 0, 0, 0, 0
      from generate_series(0, 40319) n`.execute(api.db)
    await sample(15 * 20_000 + 1, '', { waiting: 999 })
    const { intervalSeconds, items } = await depth({ since: iso(0), until: iso(7 * 86_400) })
    expect(items.length).toBeGreaterThan(290)
    expect(items.length).toBeLessThanOrEqual(300)
    expect(intervalSeconds).toBe(2_016)
    expect(Math.max(...items.map(({ waiting }) => waiting))).toBe(999)
    const times = items.map((item) => item.at)
    expect(times).toEqual(times.toSorted())
  })

  it('is not made coarse by a time before there was anything', async () => {
    for (const seconds of [0, 15, 30]) await sample(seconds, '', { waiting: 1 })
    const { items, intervalSeconds } = await depth({ since: '0000-01-01T00:00:00Z', until: iso(45) })
    expect([items.length, intervalSeconds]).toEqual([3, 15])
    await api.db.deleteFrom('queueSamples').execute()
    expect((await depth({ since: '0000-01-01T00:00:00Z', until: '9999-12-31T23:59:59Z' })).items).toEqual([])
  })
})

it('a moderator sees none of it', async () => {
  const mona = await api.person('mona', { role: 'moderator' })
  const { overview, failures, workers, crons, depth } = mona.calls.admin.jobs
  for (const call of [overview, failures, workers, crons, () => depth({})])
    expect(await refusalOf(call())).toMatchObject({ code: 'FORBIDDEN' })
})

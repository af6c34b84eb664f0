import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { carefulName } from '../../../jobs/lanes.ts'
import { encodeCursor } from '../../../pagination.ts'
import { createTestApi, type Caller, type Person, type TestApi } from '../../../testing/index.ts'
import { endedJob, failedJob, insertJob, insertRun, retryingJob } from '../../../testing/job-rows.ts'
import { refusalOf } from '../../../testing/refusal.ts'

type Query = Parameters<Caller['admin']['jobs']['list']>[0]

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

const list = (query: Query = {}) => root.calls.admin.jobs.list(query)
const idsOf = async (query: Query) => (await list(query)).items.map(({ id }) => id)

/** One in each state. */
async function oneOfEach() {
  const { db } = api
  return {
    waiting: await insertJob(db),
    scheduled: await insertJob(db, { delaySeconds: 60 }),
    running: await insertJob(db, { attempts: 1, lockedBy: 'worker-1' }),
    retrying: await retryingJob(db),
    failed: await failedJob(db),
    succeeded: await endedJob(db),
    cancelled: await endedJob(db, { outcome: 'cancelled' }),
  }
}

describe('the list', () => {
  it('has jobs in every state, the newest first', async () => {
    const ids = await oneOfEach()
    const { items } = await list()
    expect(items.map(({ id, state }) => [state, id])).toEqual(Object.entries(ids).toReversed())
  })

  it('is filtered by state', async () => {
    for (const [state, id] of Object.entries(await oneOfEach()))
      expect([state, await idsOf({ state: state as NonNullable<Query>['state'] })]).toEqual([state, [id]])
  })

  it('tells of a job what it is, and not its payload', async () => {
    const id = await retryingJob(api.db, { queue: 'mails', lastError: 'Lost: bob@example.com' })
    await insertRun(api.db, { jobId: id, outcome: 'retrying', ageSeconds: 60 })
    expect((await list()).items).toEqual([
      {
        id,
        name: 'audit:sweep',
        queue: 'mails',
        state: 'retrying',
        attempts: 1,
        maxAttempts: 4,
        at: expect.any(String),
        createdAt: expect.any(String),
        runAt: expect.any(String),
        error: 'Lost: b…@example.com',
      },
    ])
  })

  it('counts as being tried again who was postponed before its first attempt counted', async () => {
    await insertJob(api.db, { lastError: 'SMTP is away', delaySeconds: 60 })
    await insertJob(api.db, { lastError: 'SMTP is away' })
    expect((await list()).items.map(({ state }) => state)).toEqual(['retrying', 'retrying'])
  })

  it('has a job once, by what it is now, whatever its history says', async () => {
    const { db } = api
    const again = await failedJob(db)
    for (const outcome of ['failed', 'succeeded'] as const) await insertRun(db, { jobId: again, outcome })
    const done = await endedJob(db, { outcome: 'failed' })
    await insertRun(db, { jobId: done, outcome: 'retrying' })
    await insertRun(db, { jobId: done, outcome: 'succeeded', attempt: 2 })
    const swept = await endedJob(db, { outcome: 'failed', attempt: 4 })
    expect((await list()).items.map(({ id, state }) => [id, state])).toEqual([
      [swept, 'failed'],
      [done, 'succeeded'],
      [again, 'failed'],
    ])
    expect(await idsOf({ state: 'failed' })).toEqual([swept, again])
  })

  it('is filtered by name and queue', async () => {
    const { db } = api
    const mail = await insertJob(db, { name: 'mail:link', queue: 'mails' })
    const sent = await endedJob(db, { name: 'mail:link', queue: 'mails' })
    await insertJob(db, { name: 'mail:links', queue: 'mail' })
    await endedJob(db, { name: 'mail:links', queue: null })
    expect(await idsOf({ name: 'mail:link' })).toEqual([sent, mail])
    expect(await idsOf({ queue: 'mails' })).toEqual([sent, mail])
    expect(await idsOf({ name: 'mail:link', queue: 'mail' })).toEqual([])
  })

  it('knows a job by its own name, also when it was left by a dead worker', async () => {
    const id = await insertJob(api.db, { name: carefulName('mail:link') })
    expect((await list({ name: 'mail:link' })).items).toMatchObject([{ id, name: 'mail:link' }])
  })

  it.each([
    ['part of the error', 'REFUSED by', ['live', 'ended']],
    ['part of the payload', '0198c5f2', ['live', 'ended']],
    ['a percent sign, literally', '0%', ['live']],
    ['an underscore, literally', 'a_b', ['ended']],
    ['a backslash, literally', '\\', []],
    ['what is nowhere', 'zebediah', []],
  ])('finds %s', async (_, q, found) => {
    const { db } = api
    const ids = {
      live: await failedJob(db, { lastError: 'refused by peer at 100%', payload: { postId: '0198c5f2-1' } }),
      ended: await endedJob(db, { error: 'Refused by a_b', payload: { tokenId: '0198c5f2-2' } }),
    }
    await failedJob(db, { lastError: 'aXb 1000', payload: { postId: '7' } })
    expect(new Set(await idsOf({ q }))).toEqual(new Set(found.map((name) => ids[name as keyof typeof ids])))
  })

  it.each<[string, unknown]>([
    ['accessToken', 'hush "quoted" hush'],
    ['tokens', ['a', 'hush']],
    ['API_KEY', { of: { ada: ['hush'] } }],
    ['tokenFormat', 'hush'],
    ['secretPIN', -47.11e9],
    ['cookie" of "bob', 'hush'],
    ['"password', { value: 'hush' }],
    ['credential\\', 'hush'],
  ])('finds nothing behind the name of a secret, %j: %j', async (name, secret) => {
    const payload = { tokenId: 'known', tokenExpiresAt: 'noon', before: ['seen'], a: [{ [name]: secret }] }
    const id = await insertJob(api.db, { payload })
    for (const q of ['hush', 'hus', 'quoted', '47', '11e9', 'ada'])
      expect([q, await idsOf({ q })]).toEqual([q, []])
    for (const q of ['known', 'noon', 'seen', name.slice(0, 6)])
      expect([q, await idsOf({ q })]).toEqual([q, [id]])
  })

  it('finds what comes behind a secret, in strange texts, too', async () => {
    const payload = { token: 'hush', note: 'a "token": [{', other: 'seen' }
    const id = await insertJob(api.db, { payload })
    for (const q of ['note', 'seen', '": [{']) expect([q, await idsOf({ q })]).toEqual([q, [id]])
    expect(await idsOf({ q: 'hush' })).toEqual([])
  })

  it('is filtered by when a job was last begun or ended, or else enqueued', async () => {
    const { db } = api
    const now = await insertJob(db)
    const ago = await endedJob(db, { ageSeconds: 3_600 })
    const failed = await failedJob(db, { ageSeconds: 3_600 })
    const enqueued = await insertJob(db, { ageSeconds: 3_600 })
    const begun = await insertJob(db, { ageSeconds: 3_600, attempts: 1, lockedBy: 'worker-1' })
    const since = new Date(Date.now() - 7_200_000).toISOString()
    const until = new Date(Date.now() - 1_800_000).toISOString()
    expect(await idsOf({ since })).toEqual([begun, enqueued, failed, ago, now])
    expect(await idsOf({ since, until })).toEqual([enqueued, failed, ago])
    expect(await idsOf({ since: until })).toEqual([begun, now])
    expect(await idsOf({ since: '0000-01-01T00:00:00Z', until: '0001-01-01T00:00:00Z' })).toEqual([])
  })
})

describe('its pages', () => {
  async function idsOfAllPages(query: Query, between: () => Promise<unknown> = async () => {}) {
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = await list({ ...query, cursor })
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
      await between()
    } while (cursor)
    return ids
  }

  it.each([1, 3, 7, 100])('are exact, of %i over live and ended jobs', async (limit) => {
    const ids: string[] = []
    for (let n = 0; n < 7; n++) ids.unshift(await (n % 3 ? insertJob(api.db) : endedJob(api.db)))
    expect(await idsOfAllPages({ limit })).toEqual(ids)
  })

  it('lose no job and double none while jobs end, fail and come', async () => {
    const ids: string[] = []
    for (let n = 0; n < 60; n++) ids.unshift(await insertJob(api.db))
    const random = () => ids[Math.floor(Math.random() * ids.length)]!
    const churn = async () => {
      for (let n = 0; n < 5; n++) await endAtOnce(random())
      await insertJob(api.db)
    }
    expect(await idsOfAllPages({ limit: 7 }, churn)).toEqual(ids)
  })

  it('lose no job while workers end them as fast as they can', async () => {
    const ids: string[] = []
    for (let n = 0; n < 200; n++) ids.unshift(await insertJob(api.db))
    const ending = (async () => {
      for (const id of ids.toSorted(() => Math.random() - 0.5)) await endAtOnce(id)
    })()
    for (let round = 0; round < 5; round++) expect(await idsOfAllPages({ limit: 50 })).toEqual(ids)
    await ending
    expect(await idsOfAllPages({ limit: 50, state: 'succeeded' })).toEqual(ids)
  })

  /** As a worker does: its history in the statement that takes it away. */
  const endAtOnce = (id: string) =>
    sql`
      with held as (delete from graphile_worker._private_jobs where id = ${id} returning id, max_attempts)
      insert into job_runs (job_id, name, attempt, max_attempts, started_at, ended_at, outcome, payload)
      select id, 'audit:sweep', 1, max_attempts, now(), now(), 'succeeded', '{}' from held`.execute(api.db)

  it.each([
    [['0']],
    [['-1']],
    [['1.5']],
    [['9223372036854775808']],
    [['99999999999999999999']],
    [['1 or 1=1']],
    [['0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44']],
    [['1', '2']],
    [[]],
  ])('are asked for by no cursor of %j', async (key) => {
    const call = list({ cursor: encodeCursor(key) })
    expect(await refusalOf(call)).toMatchObject({ code: 'CURSOR_INVALID', status: 400 })
  })

  it('go on to the highest id that there can be', async () => {
    const id = await insertJob(api.db)
    expect(await idsOf({ cursor: encodeCursor(['9223372036854775807']) })).toEqual([id])
  })
})

it.each<[string, object]>([
  ['a state that is none', { state: 'lost' }],
  ['a NUL', { q: 'a\0b' }],
  ['half of a surrogate pair', { name: '\ud800' }],
  ['a text of 101', { q: 'x'.repeat(101) }],
  ['an empty text', { q: '' }],
  ['a time that is none', { since: 'yesterday' }],
  ['a page of 101', { limit: 101 }],
  ['a field that it does not know', { payload: 'x' }],
])('a list with %s is refused', async (_, query) => {
  expect(await refusalOf(list(query as Query))).toMatchObject({ code: 'VALIDATION_ERROR' })
})

describe('one job', () => {
  const get = (id: string) => root.calls.admin.jobs.get({ id })

  it('comes with its attempts, its errors, its stack and its payload, without what is nobody’s business', async () => {
    const payload = { tokenId: 'b', to: 'ada@example.com', token: 'hush' }
    const id = await retryingJob(api.db, { payload, lastError: 'No' })
    await insertRun(api.db, { jobId: id, outcome: 'interrupted' })
    const error = { error: 'No ada@example.com', stack: 'Error: No\n  at x' }
    await insertRun(api.db, { jobId: id, outcome: 'retrying', ...error })
    const job = await get(id)
    expect(job).toMatchObject({ id, state: 'retrying', attempts: 1, priority: 0, worker: null, error: 'No' })
    expect(JSON.parse(job.payload)).toEqual({ tokenId: 'b', to: 'a…@example.com', token: '[redacted]' })
    expect(job.runs).toEqual([
      expect.objectContaining({ outcome: 'interrupted', error: null, stack: null }),
      {
        attempt: 1,
        maxAttempts: 4,
        outcome: 'retrying',
        worker: 'host:1',
        startedAt: expect.any(String),
        endedAt: expect.any(String),
        error: 'No a…@example.com',
        stack: 'Error: No\n  at x',
      },
    ])
  })

  it('that has ended is told from its history', async () => {
    const id = await endedJob(api.db, { payload: { postId: 'a' } })
    expect(await get(id)).toMatchObject({
      id,
      state: 'succeeded',
      payload: '{"postId":"a"}',
      createdAt: null,
      runAt: null,
      priority: null,
      runs: [{ outcome: 'succeeded' }],
    })
  })

  it('tells which worker runs it', async () => {
    await api.db.insertInto('workers').values({ id: 'worker-7', name: 'host:77' }).execute()
    const id = await insertJob(api.db, { attempts: 1, lockedBy: 'worker-7' })
    expect(await get(id)).toMatchObject({ state: 'running', worker: 'host:77' })
    await api.db.deleteFrom('workers').execute()
  })

  it('with a large payload brings its beginning, and with many attempts the newest hundred', async () => {
    const id = await insertJob(api.db, { payload: { body: 'x'.repeat(100_000) } })
    for (let attempt = 1; attempt <= 103; attempt++)
      await insertRun(api.db, { jobId: id, outcome: 'postponed', attempt })
    const { payload, runs } = await get(id)
    expect(payload).toMatch(/^\{"body":"x{4000,4096}…$/)
    expect(runs.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 100 }, (_, n) => n + 4))
  })

  it('that is not there is not found', async () => {
    for (const id of ['1', '9223372036854775807'])
      expect(await refusalOf(get(id))).toMatchObject({ code: 'NOT_FOUND' })
  })

  it.each(['', '0', '01', '-1', '1e3', ' 1', '1\n', '9223372036854775808', '1'.repeat(20), '١'])(
    'by the id %j is refused',
    async (id) => {
      expect(await refusalOf(get(id))).toMatchObject({ code: 'VALIDATION_ERROR' })
    },
  )
})

it('a moderator and everybody else sees nothing of jobs', async () => {
  const mona = await api.person('mona', { role: 'moderator' })
  const ada = await api.person('ada')
  const id = await insertJob(api.db)
  for (const { calls } of [mona, ada])
    for (const call of [() => calls.admin.jobs.list({}), () => calls.admin.jobs.get({ id })])
      expect(await refusalOf(call())).toMatchObject({ code: 'FORBIDDEN' })
})

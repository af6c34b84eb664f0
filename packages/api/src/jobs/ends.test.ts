import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, type TestApi } from '../testing/index.ts'
import { createTestRunners, enqueueOne, locksOf, runsOf, wake } from '../testing/runners.ts'
import { constant, type Backoff } from './backoff.ts'
import { defineJob, type JobRun } from './define.ts'
import { completeJobs } from './endings.ts'
import { DependencyAwayError, PermanentJobError } from './errors.ts'
import { listHeld } from './held.ts'

let api: TestApi
const runners = createTestRunners(() => api)

beforeAll(async () => {
  vi.spyOn(console, 'trace').mockReturnValue()
  api = await createTestApi()
})

afterEach(() => runners.stop())
afterAll(() => api.stop())

const payload = z.record(z.string(), z.string())

type Work = (run: JobRun) => Promise<void>

interface Options {
  retries?: number
  backoff?: Backoff
  queue?: string
  timeoutSeconds?: number
}

/** A job that does this, once unless stated. */
const jobThat = (run: Work, options: Options = {}) =>
  defineJob({
    name: 'test:work',
    payload,
    backoff: constant(0),
    retries: 0,
    ...options,
    run: (_deps, _payload, given) => run(given),
  })

/** The attempts of such a job, once it has ended. */
async function attemptsAt(work: Work, options: Options = {}, given: z.input<typeof payload> = {}) {
  const job = jobThat(work, options)
  const id = await enqueueOne(api, job, given)
  runners.start([job])
  await eventually(async () => {
    await wake(api)
    const [row] = await api.waitingJobs()
    expect(row === undefined || row.attempts >= row.maxAttempts).toBe(true)
    expect(await locksOf(api)).toEqual([])
  })
  return runsOf(api, id)
}

it.each(['fast', 'careful'])(
  'each attempt on the %s lane leaves a row, the last one as the last',
  async (lane) => {
    let attempts = 0
    const fails = async () => {
      if (++attempts === 1) throw new Error('not yet')
    }
    const rows = await attemptsAt(fails, { retries: 1, ...(lane === 'careful' && { queue: 'slow' }) })
    const queue = lane === 'careful' ? 'slow' : null
    expect(rows).toMatchObject([
      { name: 'test:work', queue, attempt: 1, maxAttempts: 2, outcome: 'retrying', errorMessage: 'not yet' },
      {
        name: 'test:work',
        queue,
        attempt: 2,
        maxAttempts: 2,
        outcome: 'succeeded',
        errorMessage: null,
        errorStack: null,
      },
    ])
    expect(rows[0]?.errorStack).toContain('ends.test.ts')
    expect(rows[0]?.worker).toMatch(/:\d+$/)
    for (const { startedAt, endedAt } of rows)
      expect(endedAt.getTime()).toBeGreaterThanOrEqual(startedAt.getTime())
  },
)

it('what fails to the last ends failed, is seen, and is not tried again', async () => {
  const run = vi.fn(() => Promise.reject(new Error('never')))
  const rows = await attemptsAt(run, { retries: 1 })
  expect(rows.map(({ outcome }) => outcome)).toEqual(['retrying', 'failed'])
  expect(await api.waitingJobs()).toMatchObject([{ attempts: 2, maxAttempts: 2, lastError: 'never' }])
  await api.makeJobsDue()
  await wake(api)
  expect(run).toHaveBeenCalledTimes(2)
})

it('a permanent error is tried once', async () => {
  const rows = await attemptsAt(() => Promise.reject(new PermanentJobError('no such thing')), { retries: 3 })
  expect(rows).toMatchObject([{ outcome: 'failed', attempt: 1, errorMessage: 'no such thing' }])
})

it('the history holds no secret of a payload, nor of an error', async () => {
  const rows = await attemptsAt(
    () => Promise.reject(new PermanentJobError('token=s3cr3t of ada@example.com')),
    {},
    { password: 'Correct7Horse', to: 'ada@example.com', tokenId: 'kept' },
  )
  expect(rows[0]?.payload).toEqual({ password: '[redacted]', to: 'a…@example.com', tokenId: 'kept' })
  expect(JSON.stringify(rows)).not.toMatch(/s3cr3t|Correct7Horse|ada@/)
  expect((await api.waitingJobs())[0]?.lastError).not.toMatch(/s3cr3t|ada@/)
})

it('a payload that jsonb can not hold is kept, as far as it can', async () => {
  const given = { nul: 'a\0b', half: 'a\ud800b', 'k\0ey': 'x' }
  const rows = await attemptsAt(async () => {}, {}, given)
  expect(rows).toMatchObject([{ outcome: 'succeeded', payload: { nul: 'ab', key: 'x' } }])
})

const circle = new Error('first', { cause: new Error('second') })
;(circle.cause as Error).cause = circle

/** What its fields say when they are asked. */
const broken = Object.defineProperty(new Error('x'), 'message', {
  get() {
    throw new Error('no message for you')
  },
})

it.each<[string, unknown]>([
  ['a text', 'just a text'],
  ['nothing', undefined],
  ['an object without a prototype', Object.create(null)],
  ['an object that does not want to be a text', { toString: () => ({}) }],
  ['a symbol', Symbol('odd')],
  ['an error whose message is none', Object.assign(new Error('x'), { message: { not: 'a text' } })],
  ['an error whose message throws', broken],
  ['an error without a message', new Error('')],
  ['an error that causes itself', circle],
  ['an error of a million letters', new Error('\0\ud800ada@example.com '.repeat(50_000))],
])('a job that throws %s has failed, in the history, too', async (_, thrown) => {
  const rows = await attemptsAt(() => Promise.reject(thrown))
  expect(rows.map(({ outcome }) => outcome)).toEqual(['failed'])
  for (const { errorMessage } of rows) {
    expect(errorMessage).not.toBe('')
    expect(errorMessage?.length).toBeLessThanOrEqual(2_000)
  }
})

it('what caused an error is told with it', async () => {
  const rows = await attemptsAt(() => Promise.reject(new Error('first', { cause: new Error('second') })))
  expect(rows[0]?.errorStack).toMatch(/first[^]+caused by[^]+second/)
})

it.each<[string, Backoff, number]>([
  ['NaN', () => NaN, 60],
  ['Infinity', () => Infinity, 86_400],
  ['more seconds than PostgreSQL can add to a time', () => 1e300, 86_400],
  [
    'an error',
    () => {
      throw new Error('no idea')
    },
    60,
  ],
])('a policy of backoff that gives %s leaves no job stuck', async (_, backoff, seconds) => {
  const job = jobThat(() => Promise.reject(new Error('no')), { backoff, retries: 1 })
  await enqueueOne(api, job, {})
  runners.start([job])
  await eventually(async () =>
    expect(await api.waitingJobs()).toMatchObject([{ attempts: 1, lastError: 'no' }]),
  )
  expect(await locksOf(api)).toEqual([])
  const [waiting] = await api.waitingJobs()
  expect(waiting?.delaySeconds).toBeGreaterThan(seconds - 30)
  expect(waiting?.delaySeconds).toBeLessThanOrEqual(seconds * 1.1)
})

it('an attempt that takes too long has its signal aborted, has failed, and its late end changes nothing', async () => {
  const ends: (() => void)[] = []
  const signals: AbortSignal[] = []
  const job = jobThat(
    ({ signal }) => {
      signals.push(signal)
      return new Promise<void>((resolve) => ends.push(resolve))
    },
    { retries: 1, backoff: constant(60), timeoutSeconds: 0.2 },
  )
  const id = await enqueueOne(api, job, {})
  runners.start([job])
  await eventually(async () => expect(await runsOf(api, id)).toHaveLength(1))
  expect(signals[0]?.reason).toMatchObject({ name: 'JobTimeoutError' })
  ends[0]?.()
  expect(await runsOf(api, id)).toMatchObject([
    { outcome: 'retrying', errorMessage: 'It took longer than 0.2 s' },
  ])
  expect(await api.waitingJobs()).toMatchObject([{ attempts: 1, maxAttempts: 2 }])
})

it('what is away costs no attempt, however often, and a day is counted from its first being away', async () => {
  let isAway = true
  let tries = 0
  const job = jobThat(
    async () => {
      tries++
      if (isAway) throw new DependencyAwayError('no server')
    },
    { retries: 1 },
  )
  const id = await enqueueOne(api, job, {})
  await sql`update graphile_worker._private_jobs set created_at = now() - interval '8 days'`.execute(api.db)
  runners.start([job])
  for (let turn = 1; turn <= 3; turn++) {
    // It is tried again by itself, too, after five seconds and later.
    await eventually(() => expect(tries).toBeGreaterThanOrEqual(turn))
    await eventually(async () =>
      expect(await api.waitingJobs()).toMatchObject([
        { attempts: 0, maxAttempts: 2, lastError: 'no server' },
      ]),
    )
    if (turn === 3) isAway = false
    await api.makeJobsDue()
    await wake(api)
  }
  await eventually(async () => expect(await api.waitingJobs()).toEqual([]))
  const runs = await runsOf(api, id)
  // Put off three times, it says so once.
  expect(runs.map(({ outcome, attempt }) => [outcome, attempt])).toEqual([
    ['postponed', 1],
    ['succeeded', 1],
  ])
})

it('a day of being away is counted anew for what is enqueued again with its key', async () => {
  let tries = 0
  const away = jobThat(() => Promise.reject(new DependencyAwayError(`no server, ${++tries}`)))
  const job = defineJob({ ...away, uniqueBy: () => 'one' })
  const id = await enqueueOne(api, job, {})
  const postponed = async () => (await runsOf(api, id)).filter(({ outcome }) => outcome === 'postponed')
  const runner = runners.start([job])
  await eventually(async () => expect(await postponed()).toHaveLength(1))
  await runner.stop()
  await sql`update job_runs set started_at = now() - interval '25 hours'`.execute(api.db)
  expect(await enqueueOne(api, job, {})).toBe(id)
  runners.start([job])
  await eventually(async () => expect(await postponed()).toHaveLength(2))
  const before = tries
  await eventually(async () => {
    await api.makeJobsDue()
    await wake(api)
    expect(tries).toBeGreaterThan(before)
  })
  await eventually(async () =>
    expect(await api.waitingJobs()).toMatchObject([{ attempts: 0, lastError: `no server, ${tries}` }]),
  )
  expect(await postponed()).toHaveLength(2)
})

it('a job that the staff retries after a day of outage is not given up at once', async () => {
  const job = jobThat(() => Promise.reject(new DependencyAwayError('no server')), { retries: 1 })
  const id = await enqueueOne(api, job, {})
  runners.start([job])
  await eventually(async () => expect(await runsOf(api, id)).toHaveLength(1))
  await sql`update job_runs set started_at = now() - interval '25 hours'`.execute(api.db)
  await api.makeJobsDue()
  await wake(api)
  await eventually(async () => expect((await runsOf(api, id)).at(-1)).toMatchObject({ outcome: 'failed' }))
  await sql`update graphile_worker._private_jobs set attempts = 0, max_attempts = 2, run_at = now()`.execute(
    api.db,
  )
  await wake(api)
  await eventually(async () => expect((await runsOf(api, id)).at(-1)).toMatchObject({ outcome: 'postponed' }))
})

it.each([
  ['job_runs', 'away_runs'],
  ['live_events', 'away_events'],
])('without the table %s jobs end all the same, done, retried, postponed or failed', async (table, away) => {
  await sql`alter table ${sql.table(table)} rename to ${sql.table(away)}`.execute(api.db)
  try {
    let attempts = 0
    const errors = [new Error('again'), new DependencyAwayError('away')]
    const ends = jobThat(
      async () => {
        const error = errors[attempts++]
        if (error) throw error
      },
      { retries: 1 },
    )
    const fails = defineJob({
      name: 'test:fail',
      payload,
      run: () => Promise.reject(new PermanentJobError('no')),
    })
    await enqueueOne(api, ends, {})
    await enqueueOne(api, fails, {})
    runners.start([ends, fails])
    await eventually(() => expect(attempts).toBe(2))
    await eventually(async () => expect(await locksOf(api)).toEqual([]))
    await api.makeJobsDue()
    await wake(api)
    await eventually(async () =>
      expect(await api.waitingJobs()).toMatchObject([
        { name: 'test:fail', attempts: 1, maxAttempts: 1, lastError: 'no' },
      ]),
    )
    expect(attempts).toBe(3)
  } finally {
    await sql`alter table ${sql.table(away)} rename to ${sql.table(table)}`.execute(api.db)
  }
})

it.each([
  ['done', async () => {}],
  ['failed', () => Promise.reject(new Error('no'))],
])(
  'a job that another worker has begun anew is not ended by one that comes late and has %s',
  async (_, end) => {
    const releases: (() => void)[] = []
    const job = jobThat(async () => {
      await new Promise<void>((resolve) => releases.push(resolve))
      return end()
    })
    const id = await enqueueOne(api, job, {})
    runners.start([job])
    await eventually(() => expect(releases).toHaveLength(1))
    await sql`update graphile_worker._private_jobs set locked_by = 'bob', attempts = 2`.execute(api.db)
    releases[0]?.()
    await eventually(() =>
      expect(api.logged.map(({ message }) => message)).toContain('jobs ended that this worker held no more'),
    )
    expect(await locksOf(api)).toEqual([{ id, lockedBy: 'bob', attempts: 2 }])
    expect(await runsOf(api, id)).toEqual([])
    api.logged.length = 0
  },
)

it('the history goes by the clock of the database, whatever that of the worker says', async () => {
  const id = await enqueueOne(
    api,
    jobThat(async () => {}),
    {},
  )
  await sql`update graphile_worker._private_jobs set locked_by = 'ada', locked_at = now()`.execute(api.db)
  const [attempt] = await listHeld(api.db, sql`locked_by = 'ada'`)
  const ahead = Date.now() + 30 * 86_400_000
  vi.useFakeTimers({ toFake: ['Date'], now: ahead })
  try {
    const end = {
      ...attempt!,
      startedAt: ahead - 5_000,
      endedAt: ahead - 1_000,
      outcome: 'succeeded' as const,
    }
    expect(await completeJobs(api.db, [end], { worker: 'ada', withHistory: true })).toBe(1)
  } finally {
    vi.useRealTimers()
  }
  const [run] = await runsOf(api, id)
  expect(run!.endedAt.getTime() - run!.startedAt.getTime()).toBe(4_000)
  expect(run!.endedAt.getTime()).toBeLessThan(ahead - 86_400_000)
})

it.each([0, -1, NaN, Infinity, 2_147_484])(
  'a time-out of %d s is refused, as no timer knows it',
  (timeoutSeconds) => {
    expect(() => jobThat(async () => {}, { timeoutSeconds })).toThrow('test:work can not take')
  },
)

it('the longest time-out that a timer knows is not over at once', async () => {
  const timeoutSeconds = 2_147_483
  const rows = await attemptsAt(() => sleep(50), { timeoutSeconds })
  expect(rows).toMatchObject([{ outcome: 'succeeded' }])
})

it('many failures at once leave connections for others', async () => {
  const job = jobThat(() => Promise.reject(new PermanentJobError('no')))
  await sql`
    select graphile_worker.add_job('test:work', '{}'::json) from generate_series(1, 300)`.execute(api.db)
  api.logged.length = 0
  runners.start([job])
  await eventually(async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from graphile_worker._private_jobs where max_attempts = 1 and locked_by is null`.execute(
      api.db,
    )
    expect(rows[0]?.count).toBe(300)
  })
  expect(api.logged.map(({ message }) => message)).not.toContain('the end of a job waits for the database')
})

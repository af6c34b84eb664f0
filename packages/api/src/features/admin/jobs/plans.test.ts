import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeCursor } from '../../../pagination.ts'
import { createContext } from '../../../context.ts'
import { createDatabase } from '../../../db.ts'
import { appRouter } from '../../../router.ts'
import {
  createTestApi,
  plainRequest,
  silentLog,
  type Caller,
  type Person,
  type TestApi,
} from '../../../testing/index.ts'
import { plansOf } from '../../../testing/plans.ts'
import { refusalOf } from '../../../testing/refusal.ts'

let api: TestApi
let root: Person
let client: pg.Client

beforeAll(async () => {
  api = await createTestApi()
  client = new pg.Client({ connectionString: api.database.directUrl })
  await client.connect()
  await seed()
  root = await api.person('root', { role: 'admin' })
  await client.query('vacuum analyze')
})

afterAll(async () => {
  await client.end()
  await api.stop()
})

/** 100,000 attempts of 90,000 jobs over a week, and 20,000 jobs that wait, of which 10,000 have failed. */
async function seed() {
  await client.query(`
    insert into graphile_worker._private_tasks (identifier) select 'job:' || n from generate_series(1, 20) n`)
  await client.query(`
    insert into job_runs (job_id, name, attempt, max_attempts, worker, started_at, ended_at, outcome, error_message, payload)
    select n - n / 10, 'job:' || n % 20 + 1, 1, 4, 'host:1', now() - (100000 - n) * interval '6 seconds' - interval '1 second',
           now() - (100000 - n) * interval '6 seconds', case when n % 10 = 9 then 'retrying' else 'succeeded' end,
           case when n % 10 = 9 then 'Peer refused job ' || n end, json_build_object('id', md5(n::text))
    from generate_series(1, 100000) n`)
  await client.query(`
    insert into graphile_worker._private_jobs
      (id, task_id, attempts, max_attempts, last_error, payload, created_at) overriding system value
    select 100000 + n, (select min(id) from graphile_worker._private_tasks) + n % 20, case when n % 2 = 0 then 4 else 0 end, 4,
           case when n % 2 = 0 then 'Peer 10.0.0.' || n % 250 || ' refused <p' || n || '@example.com> after ' || n || ' ms' end,
           json_build_object('id', md5(n::text)), now()
    from generate_series(1, 20000) n`)
  await client.query(`
    insert into queue_samples (at, queue, waiting, scheduled, retrying, running, failed)
    select date_trunc('minute', now()) - n * interval '15 seconds', queue, n % 10, 0, 0, 0, 0
    from generate_series(0, 40319) n, unnest(array['', 'mails', 'feeds']) queue`)
}

type Query = Parameters<Caller['admin']['jobs']['list']>[0]
const jobs = () => root.calls.admin.jobs

const deepCursor = encodeCursor(['45000'])

it.each<[string, Query]>([
  ['all', {}],
  ['by name', { name: 'job:7' }],
  ['by a name that is rare', { name: 'long:gone' }],
  ['that succeeded', { state: 'succeeded' }],
])('a page of the jobs, %s, is read from indexes, first and far behind alike', async (_, query) => {
  for (const cursor of [undefined, deepCursor]) {
    const { scanned } = await plansOf(client, () => jobs().list({ ...query, cursor }))
    expect(scanned).not.toContain('job_runs')
  }
})

it('a job and its attempts are read from indexes', async () => {
  const plans = await plansOf(client, () => jobs().get({ id: '45001' }))
  expect(plans.scanned).not.toContain('job_runs')
  expect(plans.scanned).not.toContain('_private_jobs')
})

it('the rare and the frequent are found alike: the last runs of what the clock starts by the index of names', async () => {
  for (const call of [() => jobs().crons(), () => jobs().list({ name: 'long:gone' })]) {
    const { indexes, scanned } = await plansOf(client, call)
    expect(indexes).toContain('job_runs_name')
    expect(scanned).not.toContain('job_runs')
  }
})

it('the last hour is found by the index of times, without reading the week before', async () => {
  const plans = await plansOf(client, () => jobs().overview())
  expect(plans.indexes).toContain('job_runs_ended_at')
  expect(plans.scanned).not.toContain('job_runs')
})

/** On connections through which PostgreSQL is told of no limits, as through a pooler. */
async function withoutLimits(work: (calls: Caller) => Promise<void>) {
  const db = createDatabase({ url: api.database.url, log: silentLog, isPooler: true })
  const request = { ...plainRequest(), authorization: `Bearer ${root.token}` }
  const context = await createContext({ ...api.deps, db }, request, { setCookie: () => {} })
  try {
    await work(appRouter.createCaller(context))
  } finally {
    await db.destroy()
  }
}

it('what waits or takes longer than 10 s is given up, in the database, too', async () => {
  await client.query('begin')
  await client.query('lock table graphile_worker._private_jobs in access exclusive mode')
  await withoutLimits(async (calls) => {
    const { overview, list, get, retry, retryAll, cancel, reschedule, failures, workers } = calls.admin.jobs
    const id = '110000'
    const runAt = new Date().toISOString()
    const refusals = await Promise.all(
      [
        overview(),
        list({}),
        get({ id }),
        retry({ id }),
        retryAll({}),
        cancel({ id }),
        reschedule({ id, runAt }),
        failures(),
        workers(),
      ].map(refusalOf),
    )
    expect(refusals.map(({ code }) => code)).toEqual(refusals.map(() => 'TIMEOUT'))
  })
  const { rows } = await client.query(`
    select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
  await client.query('rollback')
  expect(rows).toEqual([])
})

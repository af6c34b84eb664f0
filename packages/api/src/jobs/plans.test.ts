import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApi, type TestApi } from '../testing/index.ts'
import { statementsOf } from '../testing/statements.ts'
import { completeJobs } from './endings.ts'
import { leave } from './heartbeat.ts'
import { freeJobsOfTheDead } from './rescue.ts'

let api: TestApi
let client: pg.Client

/** A long line, of which a worker that lives holds ten, and one that died, twice. */
beforeAll(async () => {
  api = await createTestApi()
  client = new pg.Client({ connectionString: api.database.directUrl })
  await client.connect()
  await client.query(`
    insert into graphile_worker._private_tasks (identifier) values ('audit:sweep') on conflict do nothing`)
  await client.query(`
    insert into graphile_worker._private_jobs (task_id, run_at, locked_by, locked_at, attempts)
    select (select id from graphile_worker._private_tasks where identifier = 'audit:sweep'), now() + interval '1 hour',
           case when n % 5000 = 1 then 'ada' when n % 5000 = 2 then 'bob' end,
           case when n % 5000 = 1 then now() when n % 5000 = 2 then now() - interval '1 minute' end, 1
    from generate_series(1, 50000) n`)
  await client.query('vacuum analyze graphile_worker._private_jobs')
})

afterAll(async () => {
  await client.end()
  await api.stop()
})

const locked = async () => {
  const { rows } = await sql<{ worker: string; jobs: number }>`
    select locked_by as worker, count(*)::integer as jobs from graphile_worker._private_jobs
    where locked_at is not null group by 1 order by 1`.execute(api.db)
  return rows
}

/** How each statement would be run that looks for jobs. */
async function plansOf(work: () => Promise<unknown>): Promise<string[]> {
  const statements = (await statementsOf(work)).filter(({ text }) => text.includes('_private_jobs'))
  const plans: string[] = []
  for (const { text, values } of statements) {
    const { rows } = await client.query<Record<'QUERY PLAN', string>>(`explain ${text}`, values)
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
  }
  return plans
}

it('what the dead and the leaving had locked is found without reading all that waits', async () => {
  await api.db.insertInto('workers').values({ id: 'ada', name: 'host:1' }).execute()
  const old = { id: 'bob', name: 'host:2', isCareful: true, seenAt: sql<Date>`now() - interval '1 minute'` }
  await api.db.insertInto('workers').values(old).execute()
  const freeing = await plansOf(() => freeJobsOfTheDead(api.db, api.deps.log))
  expect(await locked()).toEqual([{ worker: 'ada', jobs: 10 }])
  const leaving = await plansOf(() => leave(api.db, 'ada'))
  expect(await locked()).toEqual([])
  expect(freeing.length).toBeGreaterThan(2)
  for (const plan of [...freeing, ...leaving]) expect(plan).not.toContain('Seq Scan on _private_jobs')
  for (const plan of leaving) expect(plan).toContain('tenon_locked_jobs')
})

it('what ends jobs by their ids does not look through the locks of others', async () => {
  const plans = await plansOf(() =>
    completeJobs(api.db, ['1', '5001'].map(endOf), { worker: 'host:1', withHistory: true }),
  )
  expect(plans).toHaveLength(1)
  for (const plan of plans) {
    expect(plan).toContain('jobs_pkey')
    expect(plan).not.toContain('tenon_locked_jobs')
  }
})

const endOf = (id: string) => ({
  job: { name: 'audit:sweep' },
  row: {
    id,
    key: null,
    attempts: 1,
    max_attempts: 4,
    payload: {},
    locked_by: 'ada',
    last_error: null,
    flags: null,
  },
  startedAt: Date.now(),
  endedAt: Date.now(),
  outcome: 'succeeded' as const,
})

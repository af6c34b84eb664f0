import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { inTransaction } from '../db.ts'
import { held, innocent, poison } from '../testing/doomed-jobs.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, type TestApi } from '../testing/index.ts'
import { createTestRunners, enqueueOne, locksOf, runsOf, silence } from '../testing/runners.ts'
import { enqueue } from './enqueue.ts'
import { freeJobsOfTheDead } from './rescue.ts'

let api: TestApi
const runners = createTestRunners(() => api)
const children: ChildProcess[] = []

beforeAll(async () => {
  vi.spyOn(console, 'trace').mockReturnValue()
  api = await createTestApi()
  await sql`create table marks (job_id bigint not null, process int not null, what text not null)`.execute(
    api.db,
  )
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await runners.stop()
  await sql`delete from marks`.execute(api.db)
})

afterAll(() => api.stop())

function startProcess(concurrency: number): ChildProcess {
  const program = new URL('../testing/doomed-process.ts', import.meta.url).pathname
  const args = [program, api.database.directUrl, JSON.stringify(api.deps.settings), String(concurrency)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  children.push(child)
  return child
}

/** Or one that a process had when it died. */
async function isAnyDue(): Promise<boolean> {
  const { rows } = await sql`
    select from graphile_worker._private_jobs
    where locked_at is not null or (attempts < max_attempts and run_at <= now())`.execute(api.db)
  return rows.length > 0
}

/** The suspects begin five seconds apart: here one after the other, however long a process takes to start. */
const putSuspectsApart = () =>
  sql`
  update graphile_worker._private_jobs set run_at = run_at + interval '1 hour'
  where last_error is not null and run_at > updated_at and attempts < max_attempts`.execute(api.db)

/** @returns whether there was one */
async function makeNextDue(): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update graphile_worker._private_jobs set run_at = now(), updated_at = now()
    where id = (
      select id from graphile_worker._private_jobs where attempts < max_attempts order by run_at limit 1
    )`.execute(api.db)
  return numAffectedRows === 1n
}

/** Until it dies, or nothing is left. */
async function runToTheEnd(child: ChildProcess): Promise<void> {
  const died = once(child, 'exit')
  do {
    await Promise.race([died, eventually(async () => expect(await isAnyDue()).toBe(false))])
  } while (child.exitCode === null && (await makeNextDue()))
}

async function marks(what: string): Promise<number[]> {
  const { rows } = await sql<{ process: number }>`select process from marks where what = ${what}`.execute(
    api.db,
  )
  return rows.map((row) => row.process)
}

const say = (process: number | undefined) =>
  sql`insert into marks (job_id, process, what) values (0, ${process}, 'go')`.execute(api.db)

it(
  'a job that kills its workers ends failed, and none of those beside it has lost its only attempt',
  { timeout: 240_000 },
  async () => {
    const innocents = await Promise.all(Array.from({ length: 25 }, () => enqueueOne(api, innocent, {})))
    const id = await enqueueOne(api, poison, {})
    innocents.push(...(await Promise.all(Array.from({ length: 25 }, () => enqueueOne(api, innocent, {})))))
    let deaths = 0
    for (; deaths < 12; deaths++) {
      const child = startProcess(4)
      await runToTheEnd(child)
      if (child.exitCode === null) break
      expect(child.exitCode).toBe(9)
      await silence(api)
      await freeJobsOfTheDead(api.db, api.deps.log)
      await putSuspectsApart()
    }
    // Once where it was taken ahead, once as one of several suspects, and then for each of its attempts.
    expect(deaths).toBe(4)
    const waiting = await api.waitingJobs()
    expect(waiting).toMatchObject([
      { id, attempts: 2, maxAttempts: 2, lastError: 'The worker died while it ran this job' },
    ])
    expect((await runsOf(api, id)).map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'interrupted'],
      [1, 'interrupted'],
      [2, 'failed'],
    ])
    for (const innocentId of innocents)
      expect((await runsOf(api, innocentId)).at(-1)).toMatchObject({ outcome: 'succeeded', attempt: 1 })
  },
)

it(
  'a frozen worker that wakes up ends nothing that another has begun anew',
  { timeout: 120_000 },
  async () => {
    // Together, so that four are taken ahead while one runs: for two seconds, then they are given back.
    const ids = await inTransaction(api.db, (trx) =>
      Promise.all(Array.from({ length: 5 }, () => enqueue(trx, held, {}))),
    )
    const child = startProcess(1)
    await eventually(async () => expect(await marks('begun')).toEqual([child.pid]))
    child.kill('SIGSTOP')
    await silence(api)
    await freeJobsOfTheDead(api.db, api.deps.log)
    expect(await locksOf(api)).toEqual([])

    runners.start([held], { concurrency: 10 })
    await eventually(async () => expect(await marks('begun')).toHaveLength(6))
    const ours = await locksOf(api)
    expect(new Set(ours.map(({ id }) => id))).toEqual(new Set(ids))
    expect(ours.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1])

    await say(child.pid)
    child.kill('SIGCONT')
    await eventually(async () => expect(await marks('ended')).toContain(child.pid))
    // It begins to work again, under another name.
    await eventually(async () =>
      expect(await api.db.selectFrom('workers').select('id').execute()).toHaveLength(4),
    )
    expect(await locksOf(api)).toEqual(ours)

    await say(process.pid)
    await eventually(async () => expect(await api.waitingJobs()).toEqual([]))
    for (const id of ids) expect(await runsOf(api, id)).toMatchObject([{ outcome: 'succeeded', attempt: 1 }])
  },
)

it('a process that is told to stop ends well, and leaves nothing behind', { timeout: 120_000 }, async () => {
  const child = startProcess(2)
  await enqueueOne(api, held, {})
  await eventually(async () => expect(await marks('begun')).toEqual([child.pid]))
  child.kill('SIGTERM')
  await say(child.pid)
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(await api.waitingJobs()).toEqual([])
  expect(await api.db.selectFrom('workers').select('id').execute()).toEqual([])
})

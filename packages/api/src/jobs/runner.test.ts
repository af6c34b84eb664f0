import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { inTransaction } from '../db.ts'
import { jobs } from '../features/index.ts'
import type { Deps } from '../deps.ts'
import { createSmtpMailer } from '../mail/smtp-mailer.ts'
import { eventually } from '../testing/eventually.ts'
import { databaseUrl, onServer } from '../testing/global-setup.ts'
import { createTestApi, password, type TestApi } from '../testing/index.ts'
import { createSmtpServer } from '../testing/smtp-server.ts'
import type { LogEntry } from '../testing/log.ts'
import { defineJob, type Job } from './define.ts'
import { enqueue } from './enqueue.ts'
import { freeJobsOfTheDead } from './rescue.ts'
import { startRunner, type JobRunner } from './runner.ts'

let api: TestApi
const runners: JobRunner[] = []

beforeAll(async () => {
  // Graphile Worker prints there why a worker ended, which is meant here.
  vi.spyOn(console, 'trace').mockReturnValue()
  api = await createTestApi()
})

afterEach(async () => {
  await allowConnections(true)
  await Promise.all(runners.splice(0).map((runner) => runner.stop()))
  await sql`delete from graphile_worker._private_jobs`.execute(api.db)
  api.mailbox.sent.length = 0
})

afterAll(() => api.stop())

function start(list: readonly Job[] = jobs, deps: Partial<Deps> = {}, graceMs?: number): JobRunner {
  const runner = startRunner({ ...api.deps, ...deps }, list, {
    url: api.database.directUrl,
    ...(graceMs !== undefined && { graceMs }),
  })
  runners.push(runner)
  return runner
}

let count = 0

async function register() {
  const username = `person_${++count}`
  return api.nobody.users.create({ email: `${username}@example.com`, username, password })
}

async function locks() {
  const { rows } = await sql<{ lockedBy: string; attempts: number }>`
    select locked_by, attempts from graphile_worker._private_jobs where locked_by is not null`.execute(api.db)
  return rows
}

const workers = () => api.db.selectFrom('workers').select('id').execute()

/** A job that runs until it is told to end. */
function heldJob() {
  let release = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const run = vi.fn(() => held)
  return { job: defineJob({ name: 'test:hold', payload: z.object({}), retries: 3, run }), run, release }
}

const enqueueOne = (job: Job) => inTransaction(api.db, (trx) => enqueue(trx, job, {}))

it('jobs are done soon after they were enqueued, and nothing is left when the runner stops', async () => {
  const runner = start()
  await eventually(() => expect(runner.isRunning()).toBe(true))
  const { email } = await register()
  await eventually(() => expect(api.mailbox.to(email)).toHaveLength(1))
  await eventually(async () => expect(await workers()).toHaveLength(2))
  await runner.stop()
  expect(runner.isRunning()).toBe(false)
  expect(await locks()).toEqual([])
  expect(await workers()).toEqual([])
})

it('a runner that is stopped at once stops', async () => {
  await start().stop()
  expect(await locks()).toEqual([])
})

it('a job that is running when the runner stops is finished', async () => {
  const { job, run, release } = heldJob()
  const runner = start([job])
  await enqueueOne(job)
  await eventually(() => expect(run).toHaveBeenCalledTimes(1))
  const stopped = runner.stop()
  release()
  await stopped
  expect(await api.waitingJobs()).toEqual([])
})

it('a job that does not end in time is returned, without having spent an attempt, and done by another worker', async () => {
  const { job, run, release } = heldJob()
  const runner = start([job], {}, 50)
  await enqueueOne(job)
  await eventually(() => expect(run).toHaveBeenCalledTimes(1))
  await runner.stop()
  expect(await locks()).toEqual([])
  expect(await api.waitingJobs()).toMatchObject([{ attempts: 0, maxAttempts: 4 }])

  await api.makeJobsDue()
  start([job])
  await eventually(() => expect(run).toHaveBeenCalledTimes(2))
  release()
  await eventually(async () => expect(await api.waitingJobs()).toEqual([]))
})

it(
  'a mail that a worker was sending when it was killed is sent by another',
  { timeout: 120_000 },
  async () => {
    const smtp = await createSmtpServer()
    smtp.decide = () => new Promise(() => {})
    const { directUrl } = api.database
    const args = [directUrl, smtp.url, JSON.stringify(api.deps.settings)]
    const child = spawn(
      process.execPath,
      [new URL('../testing/worker-process.ts', import.meta.url).pathname, ...args],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    )
    try {
      const { email } = await register()
      await eventually(() => expect(smtp.attempts).toBe(1))
      await eventually(async () => expect(await workers()).toHaveLength(2))
      child.kill('SIGKILL')
      await once(child, 'exit')
      expect(await locks()).toHaveLength(1)

      smtp.decide = async () => {}
      await sql`update workers set seen_at = now() - interval '31 seconds'`.execute(api.db)
      await sql`update graphile_worker._private_jobs set locked_at = now() - interval '31 seconds'`.execute(
        api.db,
      )
      start(jobs, { mailer: createSmtpMailer(smtp.url, api.deps.settings) })
      await eventually(async () => expect(await api.waitingJobs()).toEqual([]))
      expect(smtp.received.map(({ recipients }) => recipients)).toEqual([[email]])
      expect(await workers()).toHaveLength(2)
    } finally {
      child.kill('SIGKILL')
      await smtp.stop()
    }
  },
)

it('a job that runs long keeps its lock while its worker lives', async () => {
  const { job, run, release } = heldJob()
  start([job])
  await enqueueOne(job)
  await eventually(() => expect(run).toHaveBeenCalledTimes(1))
  await eventually(async () => expect(await workers()).toHaveLength(2))
  await sql`update graphile_worker._private_jobs set locked_at = now() - interval '10 minutes'`.execute(
    api.db,
  )
  await freeJobsOfTheDead(api.db, api.deps.log)
  expect(await locks()).toHaveLength(1)
  release()
})

it('a lock of a worker that never wrote a heartbeat is freed, but not at once', async () => {
  const { job } = heldJob()
  await enqueueOne(job)
  const lockedFor = (seconds: number) =>
    sql`
    update graphile_worker._private_jobs
    set locked_by = 'stranger', locked_at = now() - ${seconds} * interval '1 second'`.execute(api.db)
  await lockedFor(20)
  await freeJobsOfTheDead(api.db, api.deps.log)
  expect(await locks()).toHaveLength(1)
  await lockedFor(31)
  await freeJobsOfTheDead(api.db, api.deps.log)
  expect(await locks()).toEqual([])
})

it('a runner whose connections were all cut goes on', async () => {
  const runner = start()
  await eventually(() => expect(runner.isRunning()).toBe(true))
  await cutConnections()
  const { email } = await eventually(() => register())
  await eventually(() => expect(api.mailbox.to(email)).toHaveLength(1))
})

it('a runner that loses the database for a while tries until it is back', async () => {
  const runner = start()
  await eventually(() => expect(runner.isRunning()).toBe(true))
  await allowConnections(false)
  api.logged.length = 0
  await cutConnections()
  await eventually(() => expect(api.logged.some(tellsOfTheOutage)).toBe(true))
  await allowConnections(true)
  const { email } = await eventually(() => register())
  await eventually(() => expect(api.mailbox.to(email)).toHaveLength(1))
})

/** Graphile Worker's own words; or ours, when the run was too young to go on. */
const tellsOfTheOutage = ({ fields, message }: LogEntry) =>
  'from' in fields || message === 'the job runner stopped'

it('a runner that finds no database at its start tries until it is there', async () => {
  await allowConnections(false)
  await cutConnections()
  api.logged.length = 0
  const runner = start()
  await eventually(() => expect(api.logged.map(({ message }) => message)).toContain('the job runner stopped'))
  expect(runner.isRunning()).toBe(false)
  await allowConnections(true)
  await eventually(() => expect(runner.isRunning()).toBe(true))
  // A pooler refuses for a while what the database takes again.
  const { email } = await eventually(() => register())
  await eventually(() => expect(api.mailbox.to(email)).toHaveLength(1))
})

it('a runner that finds no tasks at its start, as the database fails just then, starts again', async () => {
  await sql`alter table graphile_worker._private_tasks rename to away`.execute(api.db)
  const runner = start()
  await eventually(() => expect(runner.isRunning()).toBe(true))
  await eventually(() => expect(runner.isRunning()).toBe(false))
  await sql`alter table graphile_worker.away rename to _private_tasks`.execute(api.db)
  const { email } = await register()
  await eventually(() => expect(api.mailbox.to(email)).toHaveLength(1))
})

const nameOfDatabase = () => new URL(api.database.directUrl).pathname.slice(1)

const allowConnections = (isAllowed: boolean) =>
  onMaintenance(`alter database ${nameOfDatabase()} with allow_connections ${isAllowed}`)

const onMaintenance = (statement: string) =>
  onServer(databaseUrl(api.database.directUrl, 'postgres'), statement)

const cutConnections = () =>
  onMaintenance(`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = '${nameOfDatabase()}'`)

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createSmtpMailer, type SmtpMailer } from '../mail/smtp-mailer.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, password, type TestApi } from '../testing/index.ts'
import { createSmtpServer, smtpError, type TestSmtpServer } from '../testing/smtp-server.ts'
import { freeJobsOfTheDead } from './rescue.ts'

let api: TestApi
let smtp: TestSmtpServer
let mailer: SmtpMailer

beforeAll(async () => {
  api = await createTestApi()
})

beforeEach(async () => {
  smtp = await createSmtpServer()
  mailer = createSmtpMailer(smtp.url, api.deps.settings)
  api.deps.mailer = mailer
})

afterEach(async () => {
  mailer.close()
  await smtp.stop()
  await sql`delete from graphile_worker._private_jobs`.execute(api.db)
})

afterAll(() => api.stop())

let count = 0

/** Registers somebody, who is to get a mail. */
async function register() {
  const username = `person_${++count}`
  return api.nobody.users.create({ email: `${username}@example.com`, username, password })
}

const busy = (code: number) => () => Promise.reject(smtpError(code, 'Not now'))

async function runDueJobs() {
  await api.makeJobsDue()
  await api.drainJobs()
  return api.waitingJobs()
}

it('who registers gets the mail, once', async () => {
  const { email } = await register()
  expect(await runDueJobs()).toEqual([])
  expect(smtp.received.map(({ recipients }) => recipients)).toEqual([[email]])
})

it('a 4xx answer is tried again after 60, 120 and 240 seconds, four times in all, and then recorded', async () => {
  smtp.decide = busy(451)
  await register()
  for (const [attempts, seconds] of [
    [1, 60],
    [2, 120],
    [3, 240],
  ] as const) {
    const [job] = await runDueJobs()
    expect(job).toMatchObject({ attempts, maxAttempts: 4, lastError: expect.stringContaining('451') })
    expect(job!.delaySeconds).toBeGreaterThan(seconds - 5)
    expect(job!.delaySeconds).toBeLessThanOrEqual(seconds * 1.1)
  }
  expect(await runDueJobs()).toMatchObject([{ attempts: 4, maxAttempts: 4 }])
  expect(await runDueJobs()).toMatchObject([{ attempts: 4, maxAttempts: 4 }])
  expect(smtp.attempts).toBe(4)
})

it('before its time has come a failed mail is not tried again', async () => {
  smtp.decide = busy(451)
  await register()
  await api.drainJobs()
  await api.drainJobs()
  expect(smtp.attempts).toBe(1)
})

it('after a 4xx answer the same mail arrives, known by the same Message-ID', async () => {
  const offered: (string | undefined)[] = []
  smtp.decide = async ({ messageId }) => {
    offered.push(messageId)
    if (offered.length < 3) throw smtpError(451, 'Not now')
  }
  await register()
  await runDueJobs()
  await runDueJobs()
  expect(await runDueJobs()).toEqual([])
  expect(offered).toHaveLength(3)
  expect(new Set(offered).size).toBe(1)
  expect(smtp.received).toHaveLength(1)
})

it('mails to different people, and two to one person, have different Message-IDs', async () => {
  await register()
  const { email } = await register()
  await runDueJobs()
  await api.nobody.auth.password.requestReset({ email })
  await runDueJobs()
  expect(new Set(smtp.received.map(({ messageId }) => messageId)).size).toBe(3)
})

it('a 5xx answer is final: recorded, and never tried again', async () => {
  smtp.decide = busy(550)
  await register()
  expect(await runDueJobs()).toMatchObject([
    { attempts: 1, maxAttempts: 1, lastError: expect.stringContaining('550') },
  ])
  await runDueJobs()
  expect(smtp.attempts).toBe(1)
})

it('with the server down registration succeeds, the mail waits without spending an attempt, and arrives', async () => {
  await smtp.stop()
  const { email } = await register()
  for (let round = 0; round < 6; round++) {
    const [job] = await runDueJobs()
    expect(job).toMatchObject({
      attempts: 0,
      maxAttempts: 4,
      lastError: expect.stringContaining('ECONNREFUSED'),
    })
    expect(job!.delaySeconds).toBeGreaterThan(0)
    expect(job!.delaySeconds).toBeLessThanOrEqual(60)
  }
  await smtp.start()
  expect(await runDueJobs()).toEqual([])
  expect(smtp.received.map(({ recipients }) => recipients)).toEqual([[email]])
})

it('an outage between two 4xx answers costs no attempt', async () => {
  smtp.decide = busy(451)
  await register()
  await runDueJobs()
  await smtp.stop()
  expect(await runDueJobs()).toMatchObject([{ attempts: 1, maxAttempts: 4 }])
  await smtp.start()
  expect(await runDueJobs()).toMatchObject([{ attempts: 2, maxAttempts: 4 }])
})

it('a day of outage is waited for, and no longer', async () => {
  await smtp.stop()
  await register()
  const awayFor = (hours: number) =>
    sql`update job_runs set started_at = now() - ${hours} * interval '1 hour'`.execute(api.db)
  expect(await runDueJobs()).toMatchObject([{ attempts: 0, maxAttempts: 4 }])
  await awayFor(23.9)
  expect(await runDueJobs()).toMatchObject([{ attempts: 0, maxAttempts: 4 }])
  await awayFor(24.1)
  expect(await runDueJobs()).toMatchObject([{ attempts: 1, maxAttempts: 1 }])
  await smtp.start()
  expect(await runDueJobs()).toHaveLength(1)
})

it('a server that refuses us, for want of the right settings, loses no mail', async () => {
  smtp.decideRecipient = () => Promise.reject(smtpError(554, 'Relay access denied'))
  const { email } = await register()
  for (let round = 0; round < 5; round++)
    expect(await runDueJobs()).toMatchObject([{ attempts: 0, maxAttempts: 4 }])
  smtp.decideRecipient = async () => {}
  expect(await runDueJobs()).toEqual([])
  expect(smtp.received.map(({ recipients }) => recipients)).toEqual([[email]])
})

it('a server that takes each mail and never says so is handed it four times, and no more', async () => {
  smtp.decide = async () => smtp.cut()
  await register()
  for (let round = 0; round < 6; round++) await runDueJobs()
  expect(await api.waitingJobs()).toMatchObject([{ attempts: 4, maxAttempts: 4 }])
  expect(smtp.offered).toHaveLength(4)
  expect(new Set(smtp.offered.map(({ messageId }) => messageId)).size).toBe(1)
})

it('what a killed process may have sent is sent by another one under the same Message-ID', async () => {
  smtp.decide = () => new Promise(() => {})
  const worker = startWorker()
  try {
    await register()
    await eventually(() => expect(smtp.offered).toHaveLength(1))
  } finally {
    worker.kill('SIGKILL')
    await once(worker, 'exit')
  }
  smtp.decide = async () => {}
  await freeJobsOfTheKilled()
  expect(await runDueJobs()).toEqual([])
  const [first, second] = smtp.offered
  expect(second!.messageId).toBe(first!.messageId)
  expect(second!.text).toBe(first!.text)
})

function startWorker() {
  const program = new URL('../testing/worker-process.ts', import.meta.url).pathname
  const args = [api.database.directUrl, smtp.url, JSON.stringify(api.deps.settings)]
  return spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** As if it had been silent for long enough. */
async function freeJobsOfTheKilled() {
  await sql`update workers set seen_at = now() - interval '1 minute'`.execute(api.db)
  await sql`update graphile_worker._private_jobs set locked_at = now() - interval '1 minute'`.execute(api.db)
  await freeJobsOfTheDead(api.db, api.deps.log)
}

it('one mail that is refused holds up no other', async () => {
  smtp.decide = async ({ recipients }) => {
    if (recipients[0] === refused) throw smtpError(550, 'No such mailbox')
  }
  const { email: refused } = await register()
  const { email } = await register()
  await runDueJobs()
  expect(smtp.received.map(({ recipients }) => recipients)).toEqual([[email]])
})

it('a failure is logged with its job and its cause', async () => {
  smtp.decide = busy(451)
  await register()
  const before = api.logged.length
  await api.drainJobs()
  const entries = api.logged.slice(before)
  expect(entries).toMatchObject([
    {
      level: 'warn',
      message: 'a job failed',
      fields: { job: 'auth:mail-link', attempt: 1, err: expect.any(Error) },
    },
  ])
})

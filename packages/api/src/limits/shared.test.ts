import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createDatabase } from '../db.ts'
import { createLimits, type Limits } from '../limits.ts'
import { sha256 } from '../secrets.ts'
import { createTestDatabase, recordingLog, silentLog, type TestDatabase } from '../testing/index.ts'
import type { LogEntry } from '../testing/log.ts'
import { startTestProxy } from '../testing/proxy.ts'
import { statementsOf } from '../testing/statements.ts'
import { sweepLimits } from './jobs.ts'

let database: TestDatabase
beforeAll(async () => void (database = await createTestDatabase()))
afterAll(() => database.drop())

const open: { destroy(): Promise<void> }[] = []
afterEach(async () => {
  for (const db of open.splice(0)) await db.destroy()
})

function connect(url = database.url, log = silentLog) {
  const db = createDatabase({ url, log, isPooler: database.isPooled })
  open.push(db)
  return db
}

/** Limits as a process of its own would have them. */
const startProcess = (url?: string, log = silentLog) =>
  createLimits({ factor: 1, db: connect(url, log), log })

const allowed = async (limits: Limits, key: string, times: number) => {
  const answers = await Promise.all(
    Array.from({ length: times }, () => limits.isWithin('signInByAccount', key)),
  )
  return answers.filter(Boolean).length
}

const messages = (logged: LogEntry[]) =>
  logged.map(({ message }) => message).filter((message) => message.includes('limits'))

it('two processes share a limit, however much comes at once', async () => {
  const [one, two] = [startProcess(), startProcess()]
  const [first, second] = await Promise.all([allowed(one, 'ada', 100), allowed(two, 'ada', 100)])
  expect(first + second).toBe(10)
  expect(await allowed(startProcess(), 'ada', 1)).toBe(0)
})

it('what is past the limit is refused without asking the database', async () => {
  const limits = startProcess()
  await allowed(limits, 'bob', 10)
  await allowed(limits, 'bob', 100)
  const key = `signInByAccount:${sha256('signInByAccount bob').toString('base64url')}`
  const row = await connect().selectFrom('rateLimits').select('points').where('key', '=', key).execute()
  expect(row).toEqual([{ points: 10 }])
})

it('whether a mail was one too many cannot be told by what the database was asked', async () => {
  const limits = startProcess()
  const ask = () => statementsOf(() => limits.isWithin('resetByAccount', 'ada@example.com'))
  for (let count = 0; count < 7; count++) expect(await ask()).toHaveLength(1)
  expect(await limits.isWithin('resetByAccount', 'ada@example.com')).toBe(false)
})

it('nobody’s address can be read from what is stored', async () => {
  await startProcess().consume('signInByAccount', `${'eve'.repeat(100)}@example.com 203.0.113.7`)
  const { rows } = await sql<{ row: string }>`select rate_limits::text as row from rate_limits`.execute(
    connect(),
  )
  expect(rows.length).toBeGreaterThan(0)
  for (const { row } of rows)
    expect(row).toMatch(/^\((?:signInByAccount|resetByAccount):[\w-]{43},\d+,\d+\)$/)
})

it('while the database is away the process counts for itself, and afterwards it shares again', async () => {
  const proxy = await startTestProxy(database.url)
  const { log, entries } = recordingLog()
  const limits = startProcess(proxy.url, log)
  expect(await allowed(limits, 'grace', 3)).toBe(3)
  proxy.cut()
  expect(await allowed(limits, 'grace', 200)).toBe(10)
  expect(await allowed(limits, 'grace', 200)).toBe(0)
  proxy.restore()
  expect(await allowed(limits, 'grace', 4)).toBe(4)
  expect(await allowed(startProcess(), 'grace', 10)).toBe(3)
  expect(messages(entries)).toEqual([
    'PostgreSQL does not count: limits are counted in this process',
    'limits are counted in PostgreSQL again',
  ])
  proxy.stop()
})

it('on a schema that has no limits yet the process counts for itself', async () => {
  const older = await createTestDatabase()
  const db = connect(older.url)
  await sql`drop table rate_limits`.execute(db)
  expect(await allowed(createLimits({ factor: 1, db, log: silentLog }), 'ada', 20)).toBe(10)
  await db.destroy()
  await older.drop()
})

it('those who never come back are swept out, the others stay', async () => {
  const db = connect()
  const row = (key: string, expiredMs: number) => ({ key, points: 1, expire: Date.now() - expiredMs })
  const old = Array.from({ length: 1_200 }, (_, index) => row(`old ${index}`, 60_001))
  await db
    .insertInto('rateLimits')
    .values([...old, row('skewed', 30_000), row('young', -60_000)])
    .execute()
  const run = { id: '1', attempt: 1, signal: new AbortController().signal }
  // It needs no more of what a process owns.
  await sweepLimits.run({ db } as Parameters<typeof sweepLimits.run>[0], {}, run)
  const left = await db.selectFrom('rateLimits').select('key').where('key', 'not like', '%:%').execute()
  expect(left.map(({ key }) => key)).toEqual(['skewed', 'young'])
})

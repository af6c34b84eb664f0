import { sql } from 'kysely'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createDatabase, createPool, inTransaction } from './db.ts'
import type { Log } from './deps.ts'
import { toFailure } from './errors.ts'
import { eventually } from './testing/eventually.ts'
import { createTestApi, recordingLog, silentLog, type TestApi } from './testing/index.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

async function settingsOf(pool: pg.Pool) {
  const { rows } = await pool.query<{ statement: string; idle: string }>(`
    select current_setting('statement_timeout') as statement,
           current_setting('idle_in_transaction_session_timeout') as idle`)
  await pool.end()
  return rows[0]
}

it('a statement has 15 seconds, and a transaction that idles 30', async () => {
  const pool = createPool({ url: api.database.directUrl, log: silentLog })
  expect(await settingsOf(pool)).toEqual({ statement: '15s', idle: '30s' })
})

it('migrations have the time they need', async () => {
  const pool = createPool({ url: api.database.directUrl, log: silentLog, isPatient: true })
  expect(await settingsOf(pool)).toMatchObject({ statement: '0' })
})

it('a pooler is asked for no settings of a session, which it would refuse', () => {
  const { options } = createPool({ url: api.database.directUrl, log: silentLog, isPooler: true })
  for (const name of ['statement_timeout', 'idle_in_transaction_session_timeout', 'options'])
    expect(options).not.toHaveProperty(name)
})

it('an answer that does not come is given up from here: behind a pooler, and where a server has gone silent', () => {
  const optionsOf = (given: object) =>
    createPool({ url: api.database.directUrl, log: silentLog, ...given }).options
  expect(optionsOf({ isPooler: true })).toMatchObject({ query_timeout: 15_000, keepAlive: true })
  expect(optionsOf({})).toMatchObject({ query_timeout: 20_000, keepAlive: true })
  expect(optionsOf({ isPatient: true })).not.toHaveProperty('query_timeout')
})

describe.each([true, false])('a connection whose answer was given up (pooler: %s)', (isPooler) => {
  const connect = (log: Log = silentLog) =>
    createDatabase({ url: api.database.directUrl, log, isPooler, max: 1, answerMs: 1_000 })
  const failureOf = async (work: Promise<unknown>) => {
    const error: unknown = await work.catch((thrown: unknown) => thrown)
    return toFailure(error)
  }
  const sleep = sql`select pg_sleep(600)`

  it('is ended, and the next query has another', async () => {
    const { log, entries } = recordingLog()
    const db = connect(log)
    const slow = await failureOf(sleep.execute(db))
    const { rows } = await sql`select 1 as one`.execute(db)
    await db.destroy()
    expect(slow).toMatchObject({ apiCode: 'TIMEOUT' })
    expect(rows).toEqual([{ one: 1 }])
    expect(entries).toEqual([])
  })

  it('is ended in a transaction, too, which says why', async () => {
    const db = connect()
    const slow = await failureOf(inTransaction(db, (trx) => sleep.execute(trx)))
    const { rows } = await sql`select 1 as one`.execute(db)
    await db.destroy()
    expect(slow).toMatchObject({ apiCode: 'TIMEOUT' })
    expect(rows).toEqual([{ one: 1 }])
  })
})

it('an exhausted pool is waited for five seconds, not for ever', () => {
  expect(createPool({ url: api.database.directUrl, log: silentLog }).options).toMatchObject({
    connectionTimeoutMillis: 5_000,
  })
})

it('a connection that is cut while idle is logged, and ends nothing', async () => {
  const { log, entries } = recordingLog()
  const db = createDatabase({ url: api.database.directUrl, log, max: 1 })
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
  await sql`select pg_terminate_backend(${rows[0]!.pid})`.execute(api.db)
  await eventually(() =>
    expect(entries.map(({ message }) => message)).toEqual(['a database connection was lost']),
  )
  expect((await sql`select 1`.execute(db)).rows).toHaveLength(1)
  await db.destroy()
})

const failure = (code: string) => Object.assign(new Error('the timing was wrong'), { code })

it.each(['40001', '40P01'])('a transaction that failed with %s is run again', async (code) => {
  const work = vi
    .fn()
    .mockRejectedValueOnce(failure(code))
    .mockRejectedValueOnce(failure(code))
    .mockResolvedValue('done')
  expect(await inTransaction(api.db, work)).toBe('done')
  expect(work).toHaveBeenCalledTimes(3)
})

it('three times at most, and never for another reason', async () => {
  const unlucky = vi.fn().mockRejectedValue(failure('40001'))
  await expect(inTransaction(api.db, unlucky)).rejects.toThrow('the timing was wrong')
  expect(unlucky).toHaveBeenCalledTimes(3)
  const wrong = vi.fn().mockRejectedValue(failure('23505'))
  await expect(inTransaction(api.db, wrong)).rejects.toThrow('the timing was wrong')
  expect(wrong).toHaveBeenCalledTimes(1)
})

it('two transactions that wait for each other both end well', async () => {
  const [one, two] = await Promise.all([api.person('ada'), api.person('bob')])
  const touch = (first: string, second: string) =>
    inTransaction(api.db, async (trx) => {
      for (const id of [first, second])
        await sql`update users set updated_at = now() where id = ${id}`.execute(trx)
    })
  await Promise.all([touch(one.user.id, two.user.id), touch(two.user.id, one.user.id)])
})

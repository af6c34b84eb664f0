import { sql, type Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { recordFailure } from './audit/record.ts'
import { createDatabase, inTransaction, type Database } from './db.ts'
import { inLazyTransaction } from './lazy-transaction.ts'
import { createTestApi, silentLog, type TestApi } from './testing/index.ts'
import { statementsOf } from './testing/statements.ts'

let api: TestApi
let db: Kysely<Database>

beforeAll(async () => {
  api = await createTestApi()
  const { url, isPooled } = api.database
  db = createDatabase({ url, log: silentLog, isPooler: isPooled, max: 2 })
})

afterAll(async () => {
  await db.destroy()
  await api.stop()
})

beforeEach(() => sql`truncate rate_limits`.execute(api.db))

const nothingFirst = async () => {}
const inOne = <T>(work: (joined: Kysely<Database>) => Promise<T>) => inLazyTransaction(db, nothingFirst, work)

const write = (on: Kysely<Database>, key: string) =>
  on.insertInto('rateLimits').values({ key, points: 1, expire: 1 }).execute()

async function keys(on: Kysely<Database> = api.db): Promise<string[]> {
  const rows = await on.selectFrom('rateLimits').select('key').orderBy('key').execute()
  return rows.map(({ key }) => key)
}

it('what is done without the database opens no transaction', async () => {
  const statements = await statementsOf(() => inOne(async () => 1))
  expect(statements).toEqual([])
})

it('a transaction begins with the first statement, after what is done first', async () => {
  const first = async (trx: Kysely<Database>) => void (await write(trx, 'first'))
  const statements = await statementsOf(() => inLazyTransaction(db, first, (joined) => write(joined, 'a')))
  const words = statements.map(({ text }) => text.split(' ')[0])
  expect(words).toEqual(['begin', 'insert', 'insert', 'commit'])
  expect(await keys()).toEqual(['a', 'first'])
})

it('all is there together, and none of it before', async () => {
  await inOne(async (joined) => {
    await write(joined, 'a')
    await inTransaction(joined, (trx) => write(trx, 'b'))
    expect(await keys()).toEqual([])
    expect(await keys(joined)).toEqual(['a', 'b'])
  })
  expect(await keys()).toEqual(['a', 'b'])
})

it('what throws undoes all of it, transactions that had ended, too', async () => {
  const work = inOne(async (joined) => {
    await inTransaction(joined, (trx) => write(trx, 'a'))
    throw new Error('refused')
  })
  await expect(work).rejects.toThrow('refused')
  expect(await keys()).toEqual([])
})

it('a transaction that fails undoes itself alone, however deep it is', async () => {
  await inOne(async (joined) => {
    await write(joined, 'a')
    await inTransaction(joined, async (trx) => {
      await write(trx, 'b')
      const deeper = inTransaction(joined, async (inner) => {
        await write(inner, 'c')
        await write(inner, 'a')
      })
      await expect(deeper).rejects.toThrow('duplicate key')
      await write(trx, 'd')
    })
    const failed = inTransaction(joined, async (trx) => {
      await write(trx, 'e')
      await expect(inTransaction(joined, (inner) => write(inner, 'a'))).rejects.toThrow('duplicate key')
      throw new Error('refused')
    })
    await expect(failed).rejects.toThrow('refused')
  })
  expect(await keys()).toEqual(['a', 'b', 'd'])
})

it('a transaction in it is tried again where only the timing was wrong', async () => {
  let attempts = 0
  await inOne((joined) =>
    inTransaction(joined, async (trx) => {
      await write(trx, `attempt ${++attempts}`)
      if (attempts < 3) await sql`do $$ begin raise exception using errcode = '40P01'; end $$`.execute(trx)
    }),
  )
  expect(await keys()).toEqual(['attempt 3'])
})

it('a failure that somebody kept quiet about is no half of a success', async () => {
  const work = inOne(async (joined) => {
    await write(joined, 'a')
    await write(joined, 'a').catch(() => {})
  })
  await expect(work).rejects.toThrow()
  expect(await keys()).toEqual([])
})

it('statements at once wait for each other', async () => {
  await inOne((joined) => Promise.all(['a', 'b', 'c'].map((key) => write(joined, key))))
  expect(await keys()).toEqual(['a', 'b', 'c'])
})

it('when it can not begin nothing is done, whoever asks again', async () => {
  const refuse = async (trx: Kysely<Database>) => {
    await write(trx, 'first')
    throw new Error('refused')
  }
  const work = inLazyTransaction(db, refuse, async (joined) => {
    await write(joined, 'a').catch(() => {})
    await write(joined, 'b').catch(() => {})
    return write(joined, 'c')
  })
  await expect(work).rejects.toThrow('refused')
  expect(await keys()).toEqual([])
})

it('the connection is given back, however it ends', async () => {
  const refuse = () => Promise.reject(new Error('refused'))
  const cut = (joined: Kysely<Database>) => sql`select pg_terminate_backend(pg_backend_pid())`.execute(joined)
  for (let time = 0; time < 5; time++) {
    await inOne(() => keys(db))
    await expect(inLazyTransaction(db, refuse, keys)).rejects.toThrow('refused')
    await expect(inOne((joined) => keys(joined).then(refuse))).rejects.toThrow('refused')
    await expect(inOne((joined) => keys(joined).then(() => cut(joined).catch(() => {})))).rejects.toThrow()
    await expect(inOne((joined) => cut(joined))).rejects.toThrow()
  }
  await Promise.all([1, 2].map(() => inOne((joined) => sql`select pg_sleep(0.01)`.execute(joined))))
})

it('a refusal is recorded also where all else is undone', async () => {
  const event = { action: 'session.started', subjectId: null } as const
  const work = inOne(async (joined) => {
    await write(joined, 'a')
    await recordFailure(joined, api.deps, event)
    throw new Error('refused')
  })
  await expect(work).rejects.toThrow('refused')
  const events = await api.db.selectFrom('auditEvents').select('result').execute()
  expect(events).toEqual([{ result: 'failure' }])
})

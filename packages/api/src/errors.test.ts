import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createDatabase } from './db.ts'
import type { Deps } from './deps.ts'
import { errorCatalogue, type ErrorCode } from './error-codes.ts'
import { fail, Failure, toFailure, validationFailure } from './errors.ts'
import { eventually } from './testing/eventually.ts'
import { createTestApi, silentLog, type TestApi } from './testing/index.ts'
import { answerTo, posted } from './testing/wire.ts'
import { publicProcedure, router } from './trpc.ts'

let api: TestApi
let client: pg.Client

beforeAll(async () => {
  api = await createTestApi()
  client = new pg.Client({ connectionString: api.database.directUrl })
  await client.connect()
})

afterEach(() => {
  api.logged.length = 0
})

afterAll(async () => {
  await client.end()
  await api.stop()
})

const broken = router({
  throws: publicProcedure.query(() => {
    throw new Error('select password_hash from users where id = 7')
  }),
  throwsNothing: publicProcedure.query(() => {
    throw undefined
  }),
  answersWrongly: publicProcedure.output(z.object({ id: z.uuid() })).query(() => ({ id: 'secret-value' })),
  refusesUndeclared: publicProcedure.query(() => {
    throw fail('EMAIL_TAKEN', { field: 'email' })
  }),
})

const someId = '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44'
const getUser = `users.get?input=${encodeURIComponent(JSON.stringify({ id: someId }))}`

const fixed = {
  code: 'INTERNAL',
  message: 'Something went wrong on our side.',
  details: {},
  requestId: 'the-request',
  httpStatus: 500,
}

it.each(['throws', 'throwsNothing', 'answersWrongly'])(
  'an unexpected error shows a fixed message and nothing else: %s',
  async (path) => {
    const { status, text, errors } = await answerTo(api.deps, path, undefined, broken)
    expect(status).toBe(500)
    expect(errors.map(({ data }) => data)).toEqual([fixed])
    for (const secret of [
      'password_hash',
      'secret-value',
      '/packages/',
      'node_modules',
      '.ts:',
      'stack',
      'Zod',
      'invalid',
    ])
      expect(text).not.toContain(secret)
  },
)

it('an unexpected error is logged once, with its cause, its procedure and its request', async () => {
  await answerTo(api.deps, 'throws', undefined, broken)
  expect(api.logged).toEqual([
    {
      level: 'error',
      message: 'call failed',
      fields: {
        err: expect.objectContaining({ message: expect.stringContaining('password_hash') }),
        path: 'throws',
        requestId: 'the-request',
      },
    },
  ])
})

it('an expected refusal is not logged', async () => {
  expect((await answerTo(api.deps, getUser)).errors[0]?.data.code).toBe('NOT_FOUND')
  expect(api.logged).toEqual([])
})

it('a refused authorization is logged with the procedure, the code, the person and the request, and nothing else', async () => {
  const ada = await api.person('ada')
  api.logged.length = 0
  await answerTo(api.deps, 'admin.users.suspend', {
    ...posted({ id: someId, reason: 'Spam' }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.token}` },
  })
  const fields = {
    path: 'admin.users.suspend',
    code: 'FORBIDDEN',
    userId: ada.user.id,
    requestId: 'the-request',
  }
  expect(api.logged).toStrictEqual([{ level: 'warn', message: 'call refused', fields }])
})

it('what the database says of a failed statement does not leave', async () => {
  await sql`alter table users rename column name to nickname`.execute(api.db)
  try {
    const { status, text, errors } = await answerTo(api.deps, getUser)
    expect(status).toBe(500)
    expect(errors[0]!.data).toEqual(fixed)
    for (const word of ['column', 'nickname', 'users', 'select', '42703']) expect(text).not.toContain(word)
    expect(api.logged).toMatchObject([{ fields: { err: { code: '42703' }, path: 'users.get' } }])
  } finally {
    await sql`alter table users rename column nickname to name`.execute(api.db)
  }
})

it('a constraint that no schema foresaw does not leave', async () => {
  await sql`alter table users add constraint no_zoe check (username <> 'zoe')`.execute(api.db)
  const zoe = { email: 'zoe@example.com', username: 'zoe', password: 'Correct7Horse' }
  const { errors, text } = await answerTo(api.deps, 'users.create', posted(zoe))
  expect(errors[0]!.data).toEqual(fixed)
  expect(text).not.toMatch(/no_zoe|zoe@|constraint|argon2/)
})

it('a procedure that raises what it does not declare is reported', async () => {
  const onUndeclaredError = vi.fn()
  const deps: Deps = { ...api.deps, onUndeclaredError }
  await answerTo(deps, 'refusesUndeclared', undefined, broken)
  await answerTo(deps, 'throws', undefined, broken)
  await answerTo(deps, getUser)
  expect(onUndeclaredError.mock.calls).toEqual([['refusesUndeclared', 'EMAIL_TAKEN']])
})

it('the tests of an API fail at their end when a procedure raised what it does not declare', async () => {
  const careless = await createTestApi()
  await answerTo(careless.deps, 'refusesUndeclared', undefined, broken)
  await expect(careless.stop()).rejects.toThrow('refusesUndeclared raises EMAIL_TAKEN')
})

it('a database that is away is 503, for nobody and for a session, with the seconds to wait', async () => {
  const db = createDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', log: silentLog })
  const headers = { authorization: `Bearer ${'a'.repeat(40)}` }
  for (const init of [{}, { headers }]) {
    const { status, errors, text } = await answerTo({ ...api.deps, db }, getUser, init)
    expect(status).toBe(503)
    expect(errors[0]!.data).toMatchObject({ code: 'UNAVAILABLE', details: { retryAfterSeconds: 2 } })
    expect(text).not.toMatch(/ECONNREFUSED|127\.0\.0\.1/)
  }
  await db.destroy()
})

it('a statement that is cancelled, as one that takes too long is, is 504', async () => {
  const answer = await whileUsersAreLocked('pg_cancel_backend')
  expect(answer.status).toBe(504)
  expect(answer.errors[0]!.data).toMatchObject({ code: 'TIMEOUT', message: 'This took too long.' })
})

it('a connection that is cut within a call is 503, and soon calls work again', async () => {
  const answer = await whileUsersAreLocked('pg_terminate_backend')
  expect(answer.status).toBe(503)
  expect(answer.errors[0]!.data.code).toBe('UNAVAILABLE')
  await eventually(async () => expect((await answerTo(api.deps, getUser)).status).toBe(404))
})

/** Does this to a call's connection, which waits for a lock. */
async function whileUsersAreLocked(interference: 'pg_cancel_backend' | 'pg_terminate_backend') {
  await client.query('begin; lock table users in access exclusive mode')
  const answer = answerTo(api.deps, getUser)
  // Not in that transaction, which knows only of those connections that it found at the first time.
  const interfere = () =>
    sql`
      select ${sql.raw(interference)}(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and backend_type = 'client backend'`.execute(
      api.db,
    )
  await eventually(async () => expect((await interfere()).rows).toHaveLength(1))
  await client.query('rollback')
  return answer
}

it('what is no procedure, no JSON or no query is told in the same shape', async () => {
  const codeOf = async (path: string, init?: RequestInit) => {
    const { status, errors } = await answerTo(api.deps, path, init)
    expect(errors[0]!.data).toMatchObject({
      httpStatus: status,
      requestId: expect.any(String),
      details: expect.any(Object),
    })
    return errors[0]!.data.code
  }
  expect(await codeOf('users.nothing')).toBe('NOT_FOUND')
  expect(await codeOf('__proto__')).toBe('NOT_FOUND')
  expect(await codeOf('users.create', posted('{'))).toBe('VALIDATION_ERROR')
  expect(await codeOf('users.get?input=%7B')).toBe('VALIDATION_ERROR')
  expect(await codeOf('users.create?input={}')).toBe('METHOD_NOT_ALLOWED')
  expect(await codeOf('users.create', { ...posted('{}'), headers: { 'content-type': 'text/plain' } })).toBe(
    'UNSUPPORTED_MEDIA_TYPE',
  )
})

it('a batch that is too large is refused as a whole', async () => {
  const { status, errors } = await answerTo(
    api.deps,
    `${Array(13).fill('users.get').join(',')}?batch=1&input={}`,
  )
  expect([status, errors[0]!.data.code]).toEqual([400, 'BATCH_TOO_LARGE'])
})

it('every code has its status, here and by tRPC’s own reckoning where tRPC knows it', () => {
  for (const code of Object.keys(errorCatalogue) as ErrorCode[]) {
    const failure = new Failure(code, {} as never)
    expect(failure).toMatchObject({
      apiCode: code,
      status: errorCatalogue[code].status,
      message: errorCatalogue[code].message,
    })
    if (![414, 431].includes(failure.status)) expect(getHTTPStatusCodeFromError(failure)).toBe(failure.status)
  }
})

it.each([
  ['08006', 'UNAVAILABLE'],
  ['57P01', 'UNAVAILABLE'],
  ['57P03', 'UNAVAILABLE'],
  ['53300', 'UNAVAILABLE'],
  ['ECONNREFUSED', 'UNAVAILABLE'],
  ['ECONNRESET', 'UNAVAILABLE'],
  ['EPIPE', 'UNAVAILABLE'],
  ['ETIMEDOUT', 'UNAVAILABLE'],
  ['ENOTFOUND', 'UNAVAILABLE'],
  ['EAI_AGAIN', 'UNAVAILABLE'],
  ['EHOSTUNREACH', 'UNAVAILABLE'],
  ['57014', 'TIMEOUT'],
  ['23505', 'INTERNAL'],
  ['42P01', 'INTERNAL'],
  ['ENOENT', 'INTERNAL'],
])('an error of the driver with the code %s is %s', (code, expected) => {
  const cause = Object.assign(new Error('something'), { code })
  expect(toFailure(cause)).toMatchObject({ apiCode: expected, cause })
})

it.each([
  'timeout exceeded when trying to connect',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
])('%j is a database that is away', (message) => {
  expect(toFailure(new Error(message)).apiCode).toBe('UNAVAILABLE')
})

it.each([undefined, null, 'secret', 7, {}, new Error('secret')])(
  '%s, thrown, is INTERNAL with the fixed message',
  (thrown) => {
    expect(toFailure(thrown)).toMatchObject({
      apiCode: 'INTERNAL',
      status: 500,
      message: fixed.message,
      details: {},
    })
  },
)

it('fields are named by their path', () => {
  const schema = z.strictObject({ a: z.array(z.strictObject({ b: z.string() })), c: z.string() })
  const fieldsOf = (value: unknown) => validationFailure(schema.safeParse(value).error!).details.fields
  expect(Object.keys(fieldsOf({ a: [{ b: 1 }], c: '' }))).toEqual(['a.0.b'])
  expect(fieldsOf({ a: [{ b: '', d: 1 }], c: '', e: 1 })).toEqual({
    'a.0.d': ['Unknown field'],
    e: ['Unknown field'],
  })
  expect(Object.keys(fieldsOf(7))).toEqual([''])
})

it('of very many unknown keys twenty are named', () => {
  const keys = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key${index}`, 1]))
  const { details } = validationFailure(z.strictObject({}).safeParse(keys).error!)
  expect(Object.keys(details.fields)).toHaveLength(20)
})

import { randomUUID } from 'node:crypto'
import { eventually } from '@tenon/api/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { bearer, callTrpc, errorOf, send, type Answer } from '../testing/requests.ts'

const friend = 'https://friend.example'

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer({ allowedOrigins: [friend] })
  token = (await server.api.person('ada')).token
})
afterAll(() => server.stop())

const draft = { title: 'A title', body: 'A body' }
const withKey = (key: string) => ({ ...bearer(token), 'idempotency-key': key })

const byRest = (key: string, body: object = draft, headers: object = {}) =>
  send('POST', `${server.url}/api/v1/posts`, { body, headers: { ...withKey(key), ...headers } })

const byTrpc = (key: string, input: object = draft) =>
  callTrpc(server, 'mutation', 'posts.create', input, { headers: withKey(key) })

/** What has to be the same of the first answer and of those after it. */
const seen = ({ status, text, headers: { location, 'content-type': type } }: Answer) => ({
  status,
  text,
  location,
  type,
})

const isReplayed = ({ headers }: Answer) => headers['idempotent-replayed']

const countPosts = async () => (await server.api.db.selectFrom('posts').select('id').execute()).length

/** That wait for a lock. */
async function waitingStatements(): Promise<number> {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
    server.api.db,
  )
  return rows.length
}

describe('with a key', () => {
  it('the first answer is given again by REST: status, body and Location, byte for byte', async () => {
    const key = randomUUID()
    const first = await byRest(key)
    expect(first).toMatchObject({
      status: 201,
      headers: { location: expect.stringContaining('/api/v1/posts/') },
    })
    expect(isReplayed(first)).toBeUndefined()
    const before = await countPosts()
    const again = await byRest(key)
    expect(seen(again)).toEqual(seen(first))
    expect(isReplayed(again)).toBe('true')
    expect(await countPosts()).toBe(before)
  })

  it.each([
    [200, '/trpc/notifications.markAllRead'],
    [200, '/trpc/users.export'],
    [202, '/api/v1/users/me/exports'],
    [200, '/api/v1/notifications/read-all'],
  ])('what takes no input takes a key, and is answered with %i: %s', async (status, path) => {
    const key = randomUUID()
    const headers = { ...withKey(key), 'content-type': 'application/json' }
    const call = () => send('POST', server.url + path, { headers })
    const first = await call()
    expect(first.status).toBe(status)
    expect(isReplayed(first)).toBeUndefined()
    const again = await call()
    expect(seen(again)).toEqual(seen(first))
    expect(isReplayed(again)).toBe('true')
  })

  it('an answer of 202 is one again', async () => {
    const root = await server.api.person('root', { role: 'admin' })
    const { user } = await server.api.person('bob')
    const body = { to: { userId: user.id }, subject: 'We move', message: 'On Sunday.' }
    const headers = { ...bearer(root.token), 'idempotency-key': randomUUID() }
    const call = () => send('POST', `${server.url}/api/v1/notifications`, { body, headers })
    const [first, again] = [await call(), await call()]
    expect([first.status, isReplayed(first)]).toEqual([202, undefined])
    expect(seen(again)).toEqual(seen(first))
    expect(isReplayed(again)).toBe('true')
  })

  it('the first answer is given again by tRPC, in a batch of one, too', async () => {
    const key = randomUUID()
    const first = await byTrpc(key)
    const again = await byTrpc(key)
    expect([first.status, isReplayed(first)]).toEqual([200, undefined])
    expect(seen(again)).toEqual(seen(first))
    expect(isReplayed(again)).toBe('true')
    const alone = await callTrpc(
      server,
      'mutation',
      'posts.create?batch=1',
      { 0: draft },
      { headers: withKey(key) },
    )
    expect(alone.json).toEqual([first.json])
    expect(isReplayed(alone)).toBe('true')
  })

  it('what one transport did the other answers', async () => {
    const key = randomUUID()
    const [rest, trpc] = [await byRest(key), await byTrpc(key)]
    expect(trpc.json).toEqual({ result: { data: rest.json } })
    expect(isReplayed(trpc)).toBe('true')
  })

  it('an answer without a body is given again', async () => {
    const { id } = (await byRest(randomUUID())).json as { id: string }
    const headers = withKey(randomUUID())
    const remove = () => send('DELETE', `${server.url}/api/v1/posts/${id}`, { headers })
    const [first, again] = [await remove(), await remove()]
    expect([first.status, isReplayed(first)]).toEqual([204, undefined])
    expect([again.status, isReplayed(again), again.text]).toEqual([204, 'true', ''])
    const other = await send('DELETE', `${server.url}/api/v1/posts/${id}`, { headers: withKey(randomUUID()) })
    expect(other.status).toBe(404)
  })

  it('another body is a 422 on both transports', async () => {
    const key = randomUUID()
    await byRest(key)
    const other = { ...draft, title: 'Another' }
    const rest = errorOf(await byRest(key, other), 'rest')
    expect(rest).toMatchObject({ status: 422, code: 'IDEMPOTENCY_MISMATCH' })
    expect(errorOf(await byTrpc(key, other), 'trpc')).toEqual(rest)
  })

  it('what is under way is a 409 that says how long to wait, on both transports', async () => {
    const key = randomUUID()
    const trx = await server.api.db.startTransaction().execute()
    // A post refers to its author: it can not be written while she is locked.
    await trx.selectFrom('users').select('id').where('username', '=', 'ada').forUpdate().execute()
    const asked = byRest(key)
    // Known, however the test fails before it looks.
    asked.catch(() => {})
    await eventually(async () => expect(await waitingStatements()).toBe(1))
    const rest = await byRest(key)
    const trpc = await byTrpc(key)
    await trx.rollback().execute()
    const first = await asked
    expect(errorOf(rest, 'rest')).toMatchObject({
      code: 'IDEMPOTENCY_IN_FLIGHT',
      details: { retryAfterSeconds: 1 },
    })
    expect(errorOf(trpc, 'trpc')).toEqual(errorOf(rest, 'rest'))
    for (const { headers } of [rest, trpc]) expect(headers['retry-after']).toBe('1')
    expect(first.status).toBe(201)
    expect(seen(await byRest(key))).toEqual(seen(first))
  })

  it('a refused body leaves the key as it was', async () => {
    const key = randomUUID()
    expect((await byRest(key, { ...draft, title: '' })).status).toBe(400)
    expect((await byRest(key, { ...draft, unknown: 1 })).status).toBe(400)
    const first = await byRest(key)
    expect([first.status, isReplayed(first)]).toEqual([201, undefined])
  })

  it('of several calls nothing is done: it is for one alone', async () => {
    const before = await countPosts()
    const path = 'posts.create,posts.create?batch=1'
    const answer = await callTrpc(
      server,
      'mutation',
      path,
      { 0: draft, 1: draft },
      { headers: withKey(randomUUID()) },
    )
    const fields = { 'Idempotency-Key': ['Is for a call that is sent alone'] }
    expect(errorOf(answer, 'trpc')).toMatchObject({
      status: 400,
      code: 'VALIDATION_ERROR',
      details: { fields },
    })
    expect(await countPosts()).toBe(before)
    const plain = await callTrpc(server, 'mutation', path, { 0: draft, 1: draft }, { headers: bearer(token) })
    expect(plain.status).toBe(200)
  })

  it('that is none, or two, it is a 400', async () => {
    for (const key of ['', 'a b', 'x'.repeat(256)])
      expect(errorOf(await byRest(key), 'rest')).toMatchObject({
        status: 400,
        details: { fields: { 'Idempotency-Key': [expect.any(String)] } },
      })
    const headers = { ...bearer(token), 'idempotency-key': [randomUUID(), randomUUID()] }
    expect((await send('POST', `${server.url}/api/v1/posts`, { body: draft, headers })).status).toBe(400)
  })

  it('that somebody else’s page sends, nothing is replayed to it', async () => {
    const key = randomUUID()
    await byRest(key)
    const headers = {
      cookie: `__Host-tenon_session=${token}`,
      origin: 'https://evil.example',
      'idempotency-key': key,
    }
    const forged = await send('POST', `${server.url}/api/v1/posts`, { body: draft, headers })
    expect(errorOf(forged, 'rest')).toMatchObject({ code: 'CSRF' })
  })

  it('a page of another origin may send one, and read that an answer was replayed', async () => {
    const preflight = await send('OPTIONS', `${server.url}/api/v1/posts`, {
      headers: {
        origin: friend,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'idempotency-key',
      },
    })
    expect(preflight.headers['access-control-allow-headers']).toContain('Idempotency-Key')
    const { headers } = await byRest(randomUUID(), draft, { origin: friend })
    expect(headers['access-control-expose-headers']).toContain('Idempotent-Replayed')
  })
})

describe('a registration', () => {
  const newUser = (username: string) => ({
    email: `${username}@example.com`,
    username,
    password: 'Correct7Horse',
  })
  const register = (key: string, body: object) =>
    send('POST', `${server.url}/api/v1/users`, { body, headers: { 'idempotency-key': key } })

  it('is answered again with its 201, its body and its Location', async () => {
    const key = randomUUID()
    const first = await register(key, newUser('grace'))
    const again = await register(key, newUser('grace'))
    expect(first.status).toBe(201)
    expect(seen(again)).toEqual(seen(first))
    expect(isReplayed(again)).toBe('true')
    const other = await register(key, { ...newUser('grace'), password: 'Another7Horse' })
    expect(errorOf(other, 'rest')).toMatchObject({ code: 'EMAIL_TAKEN' })
  })

  it('takes no key that could be guessed', async () => {
    expect(errorOf(await register('order-1', newUser('hedy')), 'rest')).toMatchObject({
      code: 'VALIDATION_ERROR',
    })
  })
})

it('answers that are given again count against the limits', async () => {
  const limited = await startTestServer({ rateLimitFactor: 0.01 })
  try {
    const { token: hers } = await limited.api.person('ada')
    const headers = { ...bearer(hers), 'idempotency-key': randomUUID() }
    const call = () => send('POST', `${limited.url}/api/v1/posts`, { body: draft, headers })
    const statuses: number[] = []
    for (let time = 0; time < 7; time++) statuses.push((await call()).status)
    // `person` asked once, too.
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429, 429])
  } finally {
    await limited.stop()
  }
})

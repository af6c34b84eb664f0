import type { Person } from '@tenon/api/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { bearer, callTrpc, errorOf, send } from '../testing/requests.ts'

let server: TestServer
let ada: Person

beforeAll(async () => {
  server = await startTestServer()
  ada = await server.api.person('ada')
})
afterAll(() => server.stop())

const good = { email: 'bob@example.com', username: 'bob', password: 'Correct7Horse' }
const long = (length: number) => 'x'.repeat(length)

const users = () => server.api.db.selectFrom('users').select('username').execute()
const posts = () => server.api.db.selectFrom('posts').select('title').execute()

/** Both transports refuse it, with the same code and the same fields. */
async function expectRefused(
  calls: { rest: ReturnType<typeof send>; trpc: ReturnType<typeof send> },
  status: number,
  code: string,
) {
  const [rest, trpc] = [errorOf(await calls.rest, 'rest'), errorOf(await calls.trpc, 'trpc')]
  expect(rest).toMatchObject({ status, code })
  expect(trpc).toEqual(rest)
  return rest
}

describe('a registration is refused, and nothing stored, with', () => {
  const cases: [what: string, body: unknown, field: string][] = [
    ['a NUL byte in the name', { ...good, name: 'B\0b' }, 'name'],
    ['half of a surrogate pair in the name', { ...good, name: 'B\ud800b' }, 'name'],
    ['half of a surrogate pair in the password', { ...good, password: 'Correct7\udc00Horse' }, 'password'],
    ['a NUL byte in the password', { ...good, password: 'Correct7\0Horse' }, 'password'],
    ['a NUL byte in the address', { ...good, email: 'bob\0@example.com' }, 'email'],
    ['a number for the address', { ...good, email: 7 }, 'email'],
    ['an array for the username', { ...good, username: ['bob'] }, 'username'],
    ['an object for the password', { ...good, password: { $ne: '' } }, 'password'],
    ['null for the username', { ...good, username: null }, 'username'],
    ['an unknown key', { ...good, role: 'admin' }, 'role'],
    [
      'a key that would be a prototype',
      JSON.parse('{"__proto__":{"role":"admin"},"email":"b@example.com"}'),
      '__proto__',
    ],
    ['no password', { email: good.email, username: good.username }, 'password'],
    ['an empty body', {}, 'email'],
    ['an array', [good], ''],
    ['a text', '"bob"', ''],
    ['null', 'null', ''],
    ['an address of 255 characters', { ...good, email: `${long(243)}@example.com` }, 'email'],
    ['a username of 51', { ...good, username: long(51) }, 'username'],
    ['a username of 2', { ...good, username: 'bo' }, 'username'],
    ['a username with a space', { ...good, username: 'bob b' }, 'username'],
    ['a username with a line break at its end', { ...good, username: 'bobby\n' }, 'username'],
    ['a name of 101', { ...good, name: long(101) }, 'name'],
    ['a password of 7', { ...good, password: 'Abcdef7' }, 'password'],
    ['a password of 257', { ...good, password: `Aa7${long(254)}` }, 'password'],
    ['a password without an upper-case letter', { ...good, password: 'correct7horse' }, 'password'],
    ['a password without a lower-case letter', { ...good, password: 'CORRECT7HORSE' }, 'password'],
    ['a password without a digit', { ...good, password: 'CorrectHorse' }, 'password'],
  ]

  it.each(cases)('%s', async (_what, body, field) => {
    const json = typeof body === 'string' ? body : JSON.stringify(body)
    const sent = { body: json, headers: { 'content-type': 'application/json' } }
    const calls = {
      rest: send('POST', `${server.url}/api/v1/users`, sent),
      trpc: send('POST', `${server.url}/trpc/users.create`, sent),
    }
    const { details } = await expectRefused(calls, 400, 'VALIDATION_ERROR')
    expect(Object.keys(details.fields as object)).toContain(field)
    expect(await users()).toEqual([{ username: 'ada' }])
  })
})

describe('a post is refused, and nothing stored, with', () => {
  it.each([
    ['a NUL byte in the title', { title: 'a\0', body: '' }],
    ['half of a surrogate pair in the body', { title: 'a', body: '\udfff' }],
    ['a title of 201', { title: long(201), body: '' }],
    ['no title', { body: '' }],
    ['an empty title', { title: '', body: '' }],
    ['a body of 50,001', { title: 'a', body: long(50_001) }],
    ['a text for publish', { title: 'a', body: '', publish: 'yes' }],
    ['an author', { title: 'a', body: '', authorId: '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44' }],
  ])('%s', async (_what, body) => {
    const headers = bearer(ada.token)
    const calls = {
      rest: send('POST', `${server.url}/api/v1/posts`, { body, headers }),
      trpc: callTrpc(server, 'mutation', 'posts.create', body, { headers }),
    }
    await expectRefused(calls, 400, 'VALIDATION_ERROR')
    expect(await posts()).toEqual([])
  })
})

describe('an id', () => {
  it.each([
    '1',
    'abc',
    "' or 1=1 --",
    '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a4',
    '%00',
    '0198c5f26a527c3e9d0a3b1f6c2e8a44',
    long(300),
  ])('that is no UUID is a 400: %s', async (id) => {
    const calls = {
      rest: send('GET', `${server.url}/api/v1/posts/${encodeURIComponent(id)}`),
      trpc: callTrpc(server, 'query', 'posts.get', { id }),
    }
    const { details } = await expectRefused(calls, 400, 'VALIDATION_ERROR')
    expect(details).toHaveProperty(['fields', 'id'])
  })

  it.each([
    '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44',
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
  ])('of nothing is a 404: %s', async (id) => {
    const calls = {
      rest: send('GET', `${server.url}/api/v1/posts/${id}`),
      trpc: callTrpc(server, 'query', 'posts.get', { id }),
    }
    await expectRefused(calls, 404, 'NOT_FOUND')
  })
})

describe('a list', () => {
  it.each([
    ['-1', -1],
    ['0', 0],
    ['101', 101],
    ['1e9', 1e9],
    ['1.5', 1.5],
    ['abc', 'abc'],
    ['', ''],
  ])('is refused a limit of %s', async (text, limit) => {
    const calls = {
      rest: send('GET', `${server.url}/api/v1/posts?limit=${text}`),
      trpc: callTrpc(server, 'query', 'posts.list', { limit }),
    }
    const { details } = await expectRefused(calls, 400, 'VALIDATION_ERROR')
    expect(details).toHaveProperty(['fields', 'limit'])
  })

  it.each([
    ['skip=-1', { skip: -1 }],
    ['skip=10001', { skip: 10_001 }],
    ['skip=1&cursor=abc', { skip: 1, cursor: 'abc' }],
  ])('of people is refused %s', async (query, input) => {
    const headers = bearer(ada.token)
    const calls = {
      rest: send('GET', `${server.url}/api/v1/users?${query}`, { headers }),
      trpc: callTrpc(server, 'query', 'users.list', input, { headers }),
    }
    const { details } = await expectRefused(calls, 400, 'VALIDATION_ERROR')
    expect(details).toHaveProperty(['fields', 'skip'])
  })

  it.each([
    'abc',
    '!!!',
    'eyJpZCI6MX0',
    Buffer.from('["1"]').toString('base64url'),
    Buffer.from('null').toString('base64url'),
  ])('is refused the made-up cursor %s', async (cursor) => {
    const calls = {
      rest: send('GET', `${server.url}/api/v1/posts?cursor=${encodeURIComponent(cursor)}`),
      trpc: callTrpc(server, 'query', 'posts.list', { cursor }),
    }
    await expectRefused(calls, 400, 'CURSOR_INVALID')
  })

  it('is refused the same number twice', async () => {
    const answer = errorOf(await send('GET', `${server.url}/api/v1/posts?limit=1&limit=2`), 'rest')
    expect(answer).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' })
  })

  it('is refused a query that it does not know', async () => {
    const answer = errorOf(await send('GET', `${server.url}/api/v1/posts?limt=1`), 'rest')
    expect(answer.details).toEqual({ fields: { limt: ['Unknown field'] } })
  })
})

describe('a search takes its text literally:', () => {
  it.each(['%', '_', '\\', '%%', "a%' or '1'='1", '\\%'])('%s finds nobody', async (q) => {
    const headers = bearer(ada.token)
    const answer = await send('GET', `${server.url}/api/v1/users/search?q=${encodeURIComponent(q)}`, {
      headers,
    })
    expect(answer).toMatchObject({ status: 200, json: { items: [], nextCursor: null } })
  })

  it.each([
    ['nothing', ''],
    ['51 characters', long(51)],
    ['a NUL byte', 'a\0'],
  ])('%s is refused', async (_what, q) => {
    const headers = bearer(ada.token)
    const answer = await send('GET', `${server.url}/api/v1/users/search?q=${encodeURIComponent(q)}`, {
      headers,
    })
    expect(errorOf(answer, 'rest')).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' })
  })
})

describe('a body', () => {
  const both = (sent: { body?: string | Buffer; headers: Record<string, string> }) => ({
    rest: send('POST', `${server.url}/api/v1/users`, sent),
    trpc: send('POST', `${server.url}/trpc/users.create`, sent),
  })
  const json = { 'content-type': 'application/json' }

  it.each([
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/octet-stream',
    'application/xml',
    'application/jsonp',
    'application/json-patch+json',
    'json',
  ])('of type %s is a 415', async (type) => {
    await expectRefused(
      both({ body: JSON.stringify(good), headers: { 'content-type': type } }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    )
  })

  it.each([
    ['packed', { 'content-encoding': 'gzip' }],
    ['packed twice', { 'content-encoding': 'identity, br' }],
    ['in Latin 1', { 'content-type': 'application/json; charset=iso-8859-1' }],
    ['in quoted UTF-16', { 'content-type': 'application/json;charset="utf-16"' }],
  ])('that says that it is %s is a 415', async (_what, headers) => {
    await expectRefused(
      both({ body: JSON.stringify(good), headers: { ...json, ...headers } }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    )
  })

  it('may say that it is plain UTF-8', async () => {
    const headers = { 'content-type': 'application/json; charset="UTF-8"', 'content-encoding': 'identity' }
    await expectRefused(both({ body: '{}', headers }), 400, 'VALIDATION_ERROR')
  })

  it('without a type is a 415', async () => {
    await expectRefused(both({ body: JSON.stringify(good), headers: {} }), 415, 'UNSUPPORTED_MEDIA_TYPE')
  })

  it.each(['{', '{"email":', '{"a":1,}', "{'a':1}", 'undefined', '{"a":1}{"b":2}', 'NaN'])(
    'that is no JSON is refused: %s',
    async (body) => {
      await expectRefused(both({ body, headers: json }), 400, 'VALIDATION_ERROR')
    },
  )

  it('that is no UTF-8 is refused', async () => {
    const [before = '', after = ''] = JSON.stringify({ ...good, name: '|' }).split('|')
    const body = Buffer.from([...Buffer.from(before), 0xff, 0xfe, ...Buffer.from(after)])
    const { details } = await expectRefused(both({ body, headers: json }), 400, 'VALIDATION_ERROR')
    expect(details).toEqual({ fields: { '': ['This is not valid UTF-8'] } })
  })

  it.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('of 10,000 nested %s is refused', async (_what, open, close) => {
    const body = `${open.repeat(10_000)}1${close.repeat(10_000)}`
    const refused = await expectRefused(both({ body, headers: json }), 400, 'VALIDATION_ERROR')
    expect(refused.details).toEqual({ fields: { '': ['JSON may be nested 64 deep'] } })
  })

  it('over 1 MiB is a 413', async () => {
    const body = JSON.stringify({ ...good, name: long(1_048_576) })
    await expectRefused(both({ body, headers: json }), 413, 'PAYLOAD_TOO_LARGE')
  })

  it('over 1 MiB is a 413 also when its length is not announced', async () => {
    const body = JSON.stringify({ ...good, name: long(1_048_576) })
    await expectRefused(
      both({ body, headers: { ...json, 'transfer-encoding': 'chunked' } }),
      413,
      'PAYLOAD_TOO_LARGE',
    )
  })

  it('has to be there where something is asked for', async () => {
    const { rest, trpc } = both({ headers: json })
    expect(errorOf(await rest, 'rest')).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' })
    expect(errorOf(await trpc, 'trpc')).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' })
  })

  it('may not repeat what is in the path', async () => {
    const post = await ada.calls.posts.create({ title: 'Notes', body: '' })
    const body = { id: post.id, title: 'Changed', version: post.version }
    const answer = await send('PATCH', `${server.url}/api/v1/posts/${post.id}`, {
      body,
      headers: bearer(ada.token),
    })
    expect(errorOf(answer, 'rest').details).toEqual({ fields: { id: ['Unknown field'] } })
    await ada.calls.posts.delete({ id: post.id })
  })

  it('is refused where nothing is asked for', async () => {
    const answer = await send('DELETE', `${server.url}/api/v1/users/me`, {
      body: { sure: true },
      headers: bearer(ada.token),
    })
    expect(errorOf(answer, 'rest')).toMatchObject({
      status: 400,
      details: { fields: { sure: ['Unknown field'] } },
    })
  })
})

describe('a tRPC call', () => {
  it.each([
    ['multipart/form-data; boundary=x'],
    ['text/plain'],
    ['application/octet-stream'],
    ['application/x-www-form-urlencoded'],
  ])('without a body is a 415, too, with the type %s', async (type) => {
    const headers = { 'content-type': type, ...bearer(ada.token) }
    for (const method of ['GET', 'POST']) {
      const answer = await send(method, `${server.url}/trpc/users.delete`, { headers })
      expect(errorOf(answer, 'trpc')).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' })
    }
    await expect(ada.calls.users.me()).resolves.toMatchObject({ username: 'ada' })
  })

  it('without an input is refused a body that is no JSON', async () => {
    const answer = await callTrpc(server, 'mutation', 'users.delete', undefined, {
      headers: bearer(ada.token),
      body: '{',
    })
    expect(errorOf(answer, 'trpc')).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' })
    await expect(ada.calls.users.me()).resolves.toMatchObject({ username: 'ada' })
  })

  it.each([
    ['no JSON', '{', 'This is not valid JSON'],
    ['3,000 nested arrays', `${'['.repeat(3_000)}${']'.repeat(3_000)}`, 'JSON may be nested 64 deep'],
  ])('is refused an input in the query that is %s', async (_what, input, message) => {
    const answer = await send('GET', `${server.url}/trpc/posts.list?input=${input}`)
    expect(errorOf(answer, 'trpc')).toMatchObject({ status: 400, details: { fields: { '': [message] } } })
  })

  const batchOf = (size: number) => Array.from({ length: size }, () => 'posts.list').join(',')

  it('may hold ten others', async () => {
    const answer = await send('GET', `${server.url}/trpc/${batchOf(10)}?batch=1&input={}`)
    expect(answer.status).toBe(400)
    expect(answer.json).toHaveLength(10)
  })

  it('may not hold eleven', async () => {
    for (const sent of [
      send('GET', `${server.url}/trpc/${batchOf(11)}?batch=1&input={}`),
      callTrpc(server, 'mutation', `${Array(11).fill('auth.signIn').join(',')}?batch=1`, {}),
    ]) {
      expect(errorOf(await sent, 'trpc')).toMatchObject({ status: 400, code: 'BATCH_TOO_LARGE' })
    }
  })

  it('with calls that fare differently is a 207', async () => {
    const input = encodeURIComponent(JSON.stringify({ 0: {}, 1: { id: 'x' } }))
    const answer = await send('GET', `${server.url}/trpc/posts.list,posts.get?batch=1&input=${input}`)
    expect(answer).toMatchObject({
      status: 207,
      json: [{ result: {} }, { error: { data: { code: 'VALIDATION_ERROR' } } }],
    })
  })
})

describe('an Authorization header is a 401 when it is', () => {
  it.each([
    'Bearer',
    'Bearer ',
    'Bearer x',
    'Basic YWRhOmFkYQ==',
    'bearer a b',
    'Bearer eyJhbGciOiJub25lIn0.e30.',
    long(5_000),
    '',
    'Bearer ü',
  ])('"%s"', async (authorization) => {
    const calls = {
      rest: send('GET', `${server.url}/api/v1/posts`, { headers: { authorization } }),
      trpc: callTrpc(server, 'query', 'posts.list', {}, { headers: { authorization } }),
    }
    await expectRefused(calls, 401, 'UNAUTHORIZED')
  })

  it('not good, even with a good cookie', async () => {
    const headers = { authorization: 'Bearer x', cookie: `__Host-tenon_session=${ada.token}` }
    const calls = {
      rest: send('GET', `${server.url}/api/v1/users/me`, { headers }),
      trpc: callTrpc(server, 'query', 'users.me', undefined, { headers }),
    }
    await expectRefused(calls, 401, 'UNAUTHORIZED')
  })
})

describe('cookies', () => {
  it.each([
    ['made up', '__Host-tenon_session=abc'],
    ['empty', '__Host-tenon_session='],
    ['doubled', '__Host-tenon_session=abc; __Host-tenon_session=def'],
    ['of 10 kB', `__Host-tenon_session=${long(10_000)}`],
    ['with a stray percent sign', 'other=%; __Host-tenon_session=%E0%A4%A'],
    ['with line noise', ';;;=;__Host-tenon_session;=='],
  ])('that are %s are nobody', async (_what, cookie) => {
    const calls = {
      rest: send('GET', `${server.url}/api/v1/users/me`, { headers: { cookie } }),
      trpc: callTrpc(server, 'query', 'users.me', undefined, { headers: { cookie } }),
    }
    await expectRefused(calls, 401, 'UNAUTHORIZED')
  })
})

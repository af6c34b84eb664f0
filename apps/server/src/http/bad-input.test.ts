import type { Person } from '@tenon/api/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { expectRefused } from '../testing/refusals.ts'
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

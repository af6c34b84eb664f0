import type { Person } from '@tenon/api/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { bearer, callTrpc, errorOf, send } from '../testing/requests.ts'

const friend = 'https://friend.example'
const stranger = 'https://stranger.example'

let server: TestServer
let ada: Person
let own: string
let cookie: string

beforeAll(async () => {
  server = await startTestServer({ allowedOrigins: [friend] })
  ada = await server.api.person('ada')
  own = server.url
  cookie = `theme=dark; __Host-tenon_session=${ada.token}`
})
afterAll(() => server.stop())

type Headers = Record<string, string>
const name = async () => (await ada.calls.users.me()).name

/** A change by REST and by tRPC. What is refused must not have happened. */
async function tryToRename(headers: Headers) {
  await ada.calls.users.update({ name: 'Ada' })
  const rest = await send('PATCH', `${server.url}/api/v1/users/me`, { body: { name: 'Forged' }, headers })
  const afterRest = await name()
  const trpc = await callTrpc(server, 'mutation', 'users.update', { name: 'Forged' }, { headers })
  expect({ trpc: trpc.status, name: await name() }).toEqual({ trpc: rest.status, name: afterRest })
  return { rest, trpc, isRenamed: afterRest === 'Forged' }
}

async function expectForged(headers: Headers) {
  const { rest, trpc, isRenamed } = await tryToRename(headers)
  expect(errorOf(rest, 'rest')).toMatchObject({ status: 403, code: 'CSRF' })
  expect(errorOf(trpc, 'trpc')).toMatchObject({ status: 403, code: 'CSRF' })
  expect(isRenamed).toBe(false)
}

describe('a change with the session cookie', () => {
  it('is made for a page of this site', async () => {
    const { rest, isRenamed } = await tryToRename({ cookie, origin: own })
    expect({ status: rest.status, isRenamed }).toEqual({ status: 200, isRenamed: true })
  })

  it('is made for this site by each of its names on this machine', async () => {
    const { port } = new URL(own)
    for (const host of ['127.0.0.1', '[::1]']) {
      const { rest } = await tryToRename({ cookie, origin: `http://${host}:${port}` })
      expect(rest.status).toBe(200)
    }
  })

  it('is made without an origin when the browser says that it comes from here', async () => {
    const { rest } = await tryToRename({ cookie, 'sec-fetch-site': 'same-origin' })
    expect(rest.status).toBe(200)
  })

  it.each<[string, () => Headers]>([
    ['another site', () => ({ origin: stranger })],
    ['an allowed origin', () => ({ origin: friend })],
    ['a page without an origin', () => ({ origin: 'null' })],
    ['this machine at another port', () => ({ origin: 'http://localhost:1' })],
    ['this host by another protocol', () => ({ origin: own.replace('http:', 'https:') })],
    [
      'a host that begins like this one',
      () => ({ origin: own.replace('localhost', 'localhost.evil.example') }),
    ],
    ['an origin with a path', () => ({ origin: `${own}/` })],
    ['nowhere', () => ({})],
    ['another site, by the browser alone', () => ({ 'sec-fetch-site': 'cross-site' })],
    ['a sister site, by the browser alone', () => ({ 'sec-fetch-site': 'same-site' })],
    ['the address bar, by the browser alone', () => ({ 'sec-fetch-site': 'none' })],
    ['another site that pretends', () => ({ origin: stranger, 'sec-fetch-site': 'same-origin' })],
    ['another site that names this one as referrer', () => ({ origin: stranger, referer: own })],
  ])('is refused from %s', async (_who, headers) => {
    await expectForged({ cookie, ...headers() })
  })

  it('is refused as a form post from another site, whatever it holds', async () => {
    for (const type of [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
    ]) {
      const headers = { cookie, origin: stranger, 'content-type': type }
      const rest = await send('POST', `${server.url}/api/v1/auth/sessions/revoke-others`, {
        headers,
        body: 'a=b',
      })
      const trpc = await send('POST', `${server.url}/trpc/users.delete`, { headers, body: 'a=b' })
      expect(errorOf(rest, 'rest').code).toBe('CSRF')
      expect(errorOf(trpc, 'trpc').code).toBe('CSRF')
    }
    expect(await ada.calls.users.me()).toMatchObject({ username: 'ada' })
  })

  it.each(['PUT', 'PATCH', 'DELETE'])('is refused by %s, too', async (method) => {
    const answer = await send(method, `${server.url}/api/v1/users/me`, {
      headers: { cookie, origin: stranger },
    })
    expect(errorOf(answer, 'rest').code).toBe('CSRF')
  })
})

describe('a change with a bearer token', () => {
  it.each<[string, Headers]>([
    ['nowhere', {}],
    ['an allowed origin', { origin: friend }],
    ['any origin, as only who was given the token has it', { origin: stranger }],
  ])('is made from %s', async (_who, headers) => {
    const { rest, isRenamed } = await tryToRename({ ...bearer(ada.token), ...headers })
    expect({ status: rest.status, isRenamed }).toEqual({ status: 200, isRenamed: true })
  })

  it('does not look at the cookie', async () => {
    const bob = await server.api.person('bob')
    const headers = { ...bearer(bob.token), cookie, origin: friend }
    const answer = await send('GET', `${server.url}/api/v1/users/me`, { headers })
    expect(answer.json).toMatchObject({ username: 'bob' })
  })
})

describe('a change by nobody', () => {
  const register = (username: string, headers: Headers) => {
    const body = { email: `${username}@example.com`, username, password: 'Correct7Horse' }
    return send('POST', `${server.url}/api/v1/users`, { body, headers })
  }

  it.each<[string, Headers]>([
    ['nowhere', {}],
    ['an allowed origin', { origin: friend }],
  ])('is made from %s', async (_who, headers) => {
    expect((await register(`n${headers.origin ? 1 : 2}_ok`, headers)).status).toBe(201)
  })

  it.each([stranger, 'null', 'http://localhost:1'])('is refused from %s', async (origin) => {
    expect(errorOf(await register('refused', { origin }), 'rest')).toMatchObject({
      status: 403,
      code: 'CSRF',
    })
  })
})

describe('signing in', () => {
  const signIn = (headers: Headers, more = {}) =>
    send('POST', `${server.url}/api/v1/auth/sessions`, {
      body: { email: ada.email, password: 'Correct7Horse', ...more },
      headers,
    })

  it('gives a page of this site a cookie that no script and no other site gets at', async () => {
    const answer = await signIn({ origin: own })
    expect(answer).toMatchObject({
      status: 201,
      json: { user: { username: 'ada' }, session: { current: true } },
    })
    const [set, ...others] = answer.headers['set-cookie'] ?? []
    expect(others).toEqual([])
    const [pair, ...attributes] = (set ?? '').split('; ')
    expect(pair).toMatch(/^__Host-tenon_session=[a-z2-7]{40}$/)
    expect(attributes.toSorted()).toEqual(['HttpOnly', 'Max-Age=7776000', 'Path=/', 'SameSite=Lax', 'Secure'])
    expect(answer.text).not.toContain(pair?.split('=')[1])
    const me = await send('GET', `${server.url}/api/v1/users/me`, { headers: { cookie: pair ?? '' } })
    expect(me).toMatchObject({ status: 200, json: { username: 'ada' } })
  })

  it('by tRPC gives the same cookie, and signing out takes it back', async () => {
    const body = { email: ada.email, password: 'Correct7Horse' }
    const signedIn = await callTrpc(server, 'mutation', 'auth.signIn', body, { headers: { origin: own } })
    const given = signedIn.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    expect(given).toMatch(/^__Host-tenon_session=[a-z2-7]{40}$/)
    const headers = { cookie: given, origin: own }
    const out = await send('DELETE', `${server.url}/api/v1/auth/sessions/current`, { headers })
    expect(out).toMatchObject({ status: 204, text: '' })
    expect(out.headers['set-cookie']?.[0]).toMatch(/^__Host-tenon_session=; Max-Age=0; /)
    expect((await send('GET', `${server.url}/api/v1/users/me`, { headers })).status).toBe(401)
  })

  it('gives a page of another origin a token when it asks for one, and never a cookie', async () => {
    expect(errorOf(await signIn({ origin: friend }), 'rest').code).toBe('CSRF')
    const answer = await signIn({ origin: friend }, { tokenInBody: true })
    expect(answer).toMatchObject({ status: 201, json: { token: expect.stringMatching(/^[a-z2-7]{40}$/) } })
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('without a page, as curl does, gives a cookie', async () => {
    expect((await signIn({})).headers['set-cookie']).toHaveLength(1)
  })
})

describe('reading', () => {
  it('with the cookie is for pages of this site and for links', async () => {
    for (const headers of [
      {},
      { origin: own },
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
    ]) {
      const answer = await send('GET', `${server.url}/api/v1/users/me`, {
        headers: { cookie, ...headers } as Headers,
      })
      expect(answer.status).toBe(200)
    }
    for (const headers of [{ origin: friend }, { origin: stranger }, { 'sec-fetch-site': 'cross-site' }]) {
      const answer = await send('GET', `${server.url}/api/v1/users/me`, {
        headers: { cookie, ...headers } as Headers,
      })
      expect(answer.status).toBe(401)
    }
  })

  it('never changes anything: a mutation by GET is refused', async () => {
    const answer = await send('GET', `${server.url}/trpc/users.delete`, { headers: { cookie } })
    expect(errorOf(answer, 'trpc')).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' })
  })
})

describe('in production', () => {
  it.each([
    ['https://tenon.example', ['http://tenon.example', 'https://www.tenon.example', 'https://localhost']],
    ['http://localhost:3000', ['http://127.0.0.1:3000', 'http://[::1]:3000']],
  ])('only the public address itself is this site: %s', async (publicUrl, others) => {
    const production = await startTestServer({ isProduction: true, publicUrl })
    const { token } = await production.api.person('grace')
    const rename = (origin: string) =>
      send('PATCH', `${production.url}/api/v1/users/me`, {
        body: { name: 'Grace' },
        headers: { cookie: `__Host-tenon_session=${token}`, origin },
      })
    expect((await rename(publicUrl)).status).toBe(200)
    for (const origin of [production.url, ...others]) {
      expect(errorOf(await rename(origin), 'rest').code).toBe('CSRF')
    }
    await production.stop()
  })
})

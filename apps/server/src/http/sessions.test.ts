import { password, type Person } from '@tenon/api/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sessionCookie } from '../testing/cast.ts'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { bearer, callTrpc, errorOf, send, type Answer } from '../testing/requests.ts'

let server: TestServer
let ada: Person
let bob: Person
let people = 0
beforeAll(async () => void (server = await startTestServer()))
beforeEach(async () => {
  people += 1
  ada = await server.api.person(`ada_${people}`)
  bob = await server.api.person(`bob_${people}`)
})
afterAll(() => server.stop())

type Headers = Record<string, string>

const own = () => ({ origin: server.url })

const transports: [
  string,
  (name: string, path: string, body: object, headers: Headers) => Promise<Answer>,
][] = [
  ['REST', (_name, path, body, headers) => send('POST', `${server.url}/api/v1${path}`, { body, headers })],
  ['tRPC', (name, _path, body, headers) => callTrpc(server, 'mutation', name, body, { headers })],
]

const tokenIn = ({ headers }: Answer): string | undefined =>
  /__Host-tenon_session=([^;]*)/.exec(headers['set-cookie']?.[0] ?? '')?.[1]

/** Who the server takes these headers for. */
async function askedBy(headers: Headers): Promise<string> {
  const answer = await send('GET', `${server.url}/api/v1/users/me`, { headers })
  return answer.status === 200 ? (answer.json as { username: string }).username : errorOf(answer, 'rest').code
}

describe.each(transports)('signing in by %s', (_transport, call) => {
  const signIn = (headers: Headers, { email }: Person = ada) =>
    call('auth.signIn', '/auth/sessions', { email, password }, headers)

  it('adopts no token that was sent along, made up or taken from somebody', async () => {
    const madeUp = 'a'.repeat(40)
    for (const sent of [madeUp, bob.token, ada.token, '']) {
      const token = tokenIn(await signIn({ ...own(), cookie: sessionCookie(sent) }))
      expect(token).toMatch(/^[a-z2-7]{40}$/)
      expect(token).not.toBe(sent)
      expect(await askedBy({ cookie: sessionCookie(token ?? '') })).toBe(ada.user.username)
    }
    expect(await askedBy(bearer(madeUp))).toBe('UNAUTHORIZED')
    // A cookie that is replaced is held by nobody: its session ended.
    expect(await askedBy(bearer(bob.token))).toBe('UNAUTHORIZED')
  })

  it('is a new token each time', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => signIn(own())))
    expect(new Set(answers.map(tokenIn)).size).toBe(3)
  })

  it('is refused with a bad bearer, whatever the cookie, and gives no cookie', async () => {
    const answer = await signIn({ ...bearer('x'), cookie: sessionCookie(bob.token), ...own() })
    expect(answer.status).toBe(401)
    expect(answer.headers['set-cookie']).toBeUndefined()
  })
})

describe.each(transports)('giving the password again by %s', (_transport, call) => {
  const again = (headers: Headers, given = password) =>
    call('auth.reauthenticate', '/auth/reauthentications', { password: given }, headers)

  it('with a cookie replaces it, and the one before is dead', async () => {
    const answer = await again({ cookie: sessionCookie(ada.token), ...own() })
    expect(answer.status).toBe(200)
    const token = tokenIn(answer) ?? ''
    expect(token).not.toBe(ada.token)
    expect(await askedBy({ cookie: sessionCookie(token) })).toBe(ada.user.username)
    for (const headers of [{ cookie: sessionCookie(ada.token) }, bearer(ada.token)])
      expect(await askedBy(headers)).toBe('UNAUTHORIZED')
    const { items } = await server.api.callerOf(bearer(token)).auth.sessions.list()
    expect(items).toHaveLength(1)
  })

  it('with a bearer token sets no cookie, and the token stays', async () => {
    for (const headers of [bearer(ada.token), { ...bearer(ada.token), cookie: sessionCookie(bob.token) }]) {
      const answer = await again(headers)
      expect(answer.status).toBe(200)
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
    expect(await askedBy(bearer(ada.token))).toBe(ada.user.username)
    expect(await askedBy(bearer(bob.token))).toBe(bob.user.username)
  })

  it('opens what asks for a recent sign-in, for that session alone; a wrong one opens nothing', async () => {
    const { db } = server.api
    const { token: second = '' } = await server.api.nobody.auth.signIn({
      email: ada.email,
      password,
      tokenInBody: true,
    })
    const change = (token: string) =>
      call('auth.email.change', '/auth/email-changes', { email: `new_${people}@example.com` }, bearer(token))
    await db
      .updateTable('sessions')
      .set({ authenticatedAt: new Date(Date.now() - 11 * 60_000) })
      .where('userId', '=', ada.user.id)
      .execute()
    expect((await change(ada.token)).text).toContain('REAUTHENTICATION_REQUIRED')
    expect((await again(bearer(ada.token), 'Wrong7Horse')).text).toContain('INVALID_CREDENTIALS')
    expect((await change(ada.token)).text).toContain('REAUTHENTICATION_REQUIRED')
    expect((await again(bearer(ada.token))).status).toBe(200)
    expect((await change(ada.token)).status).toBe(200)
    expect((await change(second)).text).toContain('REAUTHENTICATION_REQUIRED')
  })
})

describe('a session cookie', () => {
  it('that comes twice is nobody, whichever of the two is good', async () => {
    const [good, bad] = [sessionCookie(ada.token), sessionCookie('a'.repeat(40))]
    for (const cookie of [`${good}; ${bad}`, `${bad}; ${good}`, `${good}; ${sessionCookie(bob.token)}`])
      expect(await askedBy({ cookie })).toBe('UNAUTHORIZED')
    expect(await askedBy({ cookie: `theme=dark; ${good}; a=b` })).toBe(ada.user.username)
  })

  it('is ignored where a bearer token is', async () => {
    const cookie = sessionCookie(ada.token)
    expect(await askedBy({ ...bearer(bob.token), cookie })).toBe(bob.user.username)
    expect(await askedBy({ ...bearer('a'.repeat(40)), cookie })).toBe('UNAUTHORIZED')
    expect(await askedBy({ authorization: '', cookie })).toBe('UNAUTHORIZED')
  })

  it.each([5_000, 10_000, 16_000, 100_000])(
    'in %i bytes of cookies is 200, 401 or 431, never 500',
    async (size) => {
      const stuffing = 'x'.repeat(size)
      for (const cookie of [
        sessionCookie(stuffing),
        `${sessionCookie(ada.token)}; a=${stuffing}`,
        `a=${stuffing}; ${sessionCookie(ada.token)}`,
        Array.from({ length: size / 10 }, (_, index) => `c${index}=abcd`).join('; '),
      ]) {
        const { status } = await send('GET', `${server.url}/api/v1/users/me`, { headers: { cookie } })
        expect([200, 401, 431]).toContain(status)
        if (size > 16_000) expect(status).toBe(431)
      }
    },
  )
})

describe('an Authorization that is none is a 401 by every transport:', () => {
  const jwt = (header: object, claims: object) =>
    [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')

  it.each([
    'bearer',
    'Bearer\t',
    'Bearer  ',
    'Bearer null',
    'Bearer undefined',
    'Bearer [object Object]',
    'Token abc',
    'Digest username="ada"',
    'Negotiate YII=',
    'Bearer abc, Bearer def',
    'Bearer "abc"',
    'Bearer %00',
    "Bearer ' or 1=1 --",
    `Bearer ${'a'.repeat(4_097)}`,
    `Bearer ${'='.repeat(40)}`,
    `Bearer ${'.'.repeat(100)}`,
    `Bearer ${'A'.repeat(40)}`,
    `Bearer ${jwt({ alg: 'none' }, { sub: 'x' })}.`,
    `Bearer ${jwt({ alg: 'HS256', kid: '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44' }, {})}.AAAA`,
    `Bearer ${jwt({ alg: 'EdDSA', kid: { $ne: 1 } }, {})}.AAAA`,
    `Bearer ${jwt({ alg: 'EdDSA', kid: "' or 1=1" }, {})}.AAAA`,
    `Bearer ${jwt({ alg: 'EdDSA', crit: ['b64'], b64: false }, {})}.AAAA`,
    `Bearer ${jwt({ alg: 'EdDSA', jku: 'https://evil.example/keys' }, {})}.AAAA`,
    'Bearer \u00ff\u00fe',
  ])('%j', async (authorization) => {
    const headers = { authorization, cookie: sessionCookie(ada.token) }
    const answers = [
      await send('GET', `${server.url}/api/v1/users/me`, { headers }),
      await send('PATCH', `${server.url}/api/v1/users/me`, { headers, body: { name: 'Changed' } }),
      await callTrpc(server, 'query', 'users.me', undefined, { headers }),
      await callTrpc(server, 'mutation', 'users.update', { name: 'Changed' }, { headers }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401])
    expect((await ada.calls.users.me()).name).toBeNull()
  })

  it('one that comes twice', async () => {
    const headers = { authorization: [`Bearer ${bob.token}`, `Bearer ${ada.token}`] }
    const { status } = await send('GET', `${server.url}/api/v1/users/me`, { headers })
    expect([200, 400, 401]).toContain(status)
  })
})

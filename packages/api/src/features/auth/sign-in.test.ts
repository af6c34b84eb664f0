import { hash } from '@node-rs/argon2'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { answerTo, posted } from '../../testing/wire.ts'
import type { PasswordHasher } from './hasher.ts'
import { findPasswordHash } from './queries.ts'

let api: TestApi
let ada: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
})

afterAll(() => api.stop())

afterEach(() => vi.restoreAllMocks())

const wrong = 'Wrong7Horse'

const cookieOf = (header: string | undefined) => /^(__Host-tenon_session=[^;]*)/.exec(header ?? '')?.[1] ?? ''

it('signing in answers with the person and this session', async () => {
  const answer = await api.nobody.auth.signIn({ email: ada.email, password })
  expect(answer.user).toEqual(ada.user)
  expect(answer.session).toMatchObject({ current: true, ip: '203.0.113.7', device: 'Firefox on Linux' })
  expect(answer).not.toHaveProperty('token')
})

it('the cookie is Secure, HttpOnly, Lax and bound to the host', async () => {
  const cookies: string[] = []
  await api.callerOf({}, cookies).auth.signIn({ email: ada.email, password })
  const [pair, ...attributes] = cookies[0]!.split('; ')
  expect(cookies).toHaveLength(1)
  expect(pair).toMatch(/^__Host-tenon_session=[a-z2-7]{40}$/)
  expect(attributes.toSorted()).toEqual(['HttpOnly', 'Max-Age=7776000', 'Path=/', 'SameSite=Lax', 'Secure'])
})

it('the cookie is what the next request is known by', async () => {
  const cookies: string[] = []
  await api.callerOf({}, cookies).auth.signIn({ email: ada.email, password })
  const browser = api.callerOf({ cookie: `theme=dark; ${cookieOf(cookies[0])}; other=1` })
  expect(await browser.auth.session()).toMatchObject({
    user: { username: 'ada' },
    session: { current: true },
  })
})

it('an address is accepted as it is typed', async () => {
  expect(await api.nobody.auth.signIn({ email: 'ADA@Example.com', password })).toMatchObject({
    user: ada.user,
  })
})

it('an unknown address and a wrong password are one answer, after the same work', async () => {
  const verify = vi.spyOn(api.deps.hasher, 'verify')
  const unknown = await refusalOf(api.nobody.auth.signIn({ email: 'none@example.com', password: wrong }))
  const mistaken = await refusalOf(api.nobody.auth.signIn({ email: ada.email, password: wrong }))
  expect(unknown).toEqual({
    code: 'INVALID_CREDENTIALS',
    status: 401,
    message: 'The address or the password is wrong.',
    details: {},
  })
  expect(JSON.stringify(mistaken)).toBe(JSON.stringify(unknown))
  expect(verify.mock.calls).toEqual([
    [undefined, wrong],
    [expect.stringContaining('$argon2id$'), wrong],
  ])
})

it('a refused sign-in leaves no session and sets no cookie', async () => {
  const count = () => api.db.selectFrom('sessions').select('id').execute()
  const before = await count()
  const cookies: string[] = []
  await refusalOf(api.callerOf({}, cookies).auth.signIn({ email: ada.email, password: wrong }))
  expect(cookies).toEqual([])
  expect(await count()).toHaveLength(before.length)
})

it('every sign-in has a new token', async () => {
  const signIn = () => api.nobody.auth.signIn({ email: ada.email, password, tokenInBody: true })
  const tokens = (await Promise.all([signIn(), signIn(), signIn()])).map(({ token }) => token)
  expect(new Set([...tokens, ada.token]).size).toBe(4)
})

async function freshCookie({ email }: Person) {
  const { token } = await api.nobody.auth.signIn({ email, password, tokenInBody: true })
  return `__Host-tenon_session=${token}`
}

it('a sign-in by a page that holds a bearer token leaves the session of that alone', async () => {
  const { token } = await api.nobody.auth.signIn({ email: ada.email, password, tokenInBody: true })
  const program = api.callerOf({ authorization: `Bearer ${token}` })
  await program.auth.signIn({ email: ada.email, password })
  expect(await program.auth.session()).toMatchObject({ user: { username: 'ada' } })
})

it('a sign-in that is given no cookie leaves the session of the browser alone', async () => {
  const cookie = await freshCookie(ada)
  await api.callerOf({ cookie }).auth.signIn({ email: ada.email, password, tokenInBody: true })
  expect(await api.callerOf({ cookie }).auth.session()).toMatchObject({ user: { username: 'ada' } })
})

it.each<[string, () => Promise<string> | string]>([
  ['a planted one', () => `__Host-tenon_session=${'a'.repeat(40)}`],
  ["one's own from before", () => freshCookie(ada)],
  ["another person's", async () => freshCookie(await api.person('alien'))],
])('a cookie that is there at sign-in is never adopted, and its session ends: %s', async (_, given) => {
  const cookies: string[] = []
  const cookie = await given()
  await api.callerOf({ cookie }, cookies).auth.signIn({ email: ada.email, password })
  expect(cookieOf(cookies[0])).not.toBe(cookie)
  expect(await refusalOf(api.callerOf({ cookie }).auth.session())).toMatchObject({ code: 'UNAUTHORIZED' })
  const planted = api.callerOf({ cookie: `__Host-tenon_session=${'a'.repeat(40)}` })
  expect(await refusalOf(planted.auth.session())).toMatchObject({ code: 'UNAUTHORIZED' })
})

it('with tokenInBody there is a token and no cookie', async () => {
  const cookies: string[] = []
  const caller = api.callerOf({}, cookies)
  const { token } = await caller.auth.signIn({ email: ada.email, password, tokenInBody: true })
  expect(cookies).toEqual([])
  const app = api.callerOf({ authorization: `Bearer ${token}` })
  expect(await app.auth.session()).toMatchObject({ user: { username: 'ada' } })
})

it('a page of another origin gets no cookie, but may ask for a token', async () => {
  const cookies: string[] = []
  const stranger = api.callerOf({ mayUseCookies: false }, cookies)
  expect(await refusalOf(stranger.auth.signIn({ email: ada.email, password }))).toMatchObject({
    code: 'CSRF',
    status: 403,
  })
  expect(await stranger.auth.signIn({ email: ada.email, password, tokenInBody: true })).toHaveProperty(
    'token',
  )
  expect(cookies).toEqual([])
})

it('signing out ends this session alone, and blanks the cookie', async () => {
  const { token } = await api.nobody.auth.signIn({ email: ada.email, password, tokenInBody: true })
  const cookies: string[] = []
  const browser = api.callerOf({ cookie: `__Host-tenon_session=${token}` }, cookies)
  expect(await browser.auth.signOut()).toBeNull()
  expect(cookies).toEqual(['__Host-tenon_session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax'])
  expect(await refusalOf(browser.auth.session())).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(await ada.calls.auth.session()).toMatchObject({ user: { username: 'ada' } })
})

it('signing out with a bearer token leaves the cookie of the browser alone', async () => {
  const { token } = await api.nobody.auth.signIn({ email: ada.email, password, tokenInBody: true })
  const cookies: string[] = []
  await api.callerOf({ authorization: `Bearer ${token}` }, cookies).auth.signOut()
  expect(cookies).toEqual([])
})

it('a password that was reset while it was being verified lets nobody in', async () => {
  const eve = await api.person('eve')
  const { verify } = api.deps.hasher
  vi.spyOn(api.deps.hasher, 'verify').mockImplementationOnce(async (hash, given) => {
    const isRight = await verify(hash, given)
    await resetPassword(eve.email, 'Another7Horse')
    return isRight
  })
  const refusal = await refusalOf(api.nobody.auth.signIn({ email: eve.email, password }))
  expect(refusal).toMatchObject({ code: 'INVALID_CREDENTIALS' })
  const sessions = await api.db
    .selectFrom('sessions')
    .select('id')
    .where('userId', '=', eve.user.id)
    .execute()
  expect(sessions).toEqual([])
})

async function resetPassword(email: string, to: string) {
  await api.nobody.auth.password.requestReset({ email })
  await api.drainJobs()
  await api.nobody.auth.password.reset({ token: api.mailbox.tokenFor(email), password: to })
}

it.each([
  ['no address', { password }],
  ['no password', { email: 'ada@example.com' }],
  ['an empty password', { email: 'ada@example.com', password: '' }],
  ['a password of 257', { email: 'ada@example.com', password: 'a'.repeat(257) }],
  ['an unknown key', { email: 'ada@example.com', password, remember: true }],
  ['a flag as text', { email: 'ada@example.com', password, tokenInBody: 'true' }],
])('a sign-in with %s is refused before any work', async (_, input) => {
  const verify = vi.spyOn(api.deps.hasher, 'verify')
  expect(await refusalOf(api.nobody.auth.signIn(input as never))).toMatchObject({ code: 'VALIDATION_ERROR' })
  expect(verify).not.toHaveBeenCalled()
})

it('a password that was hashed with other parameters is hashed anew by a sign-in, and by no guess', async () => {
  const olga = await api.person('olga')
  const old = await hash(password, { memoryCost: 8192, timeCost: 2, parallelism: 1 })
  await api.db.updateTable('users').set({ passwordHash: old }).where('id', '=', olga.user.id).execute()
  await refusalOf(api.nobody.auth.signIn({ email: olga.email, password: wrong }))
  expect(await storedHash(olga)).toBe(old)
  await api.nobody.auth.signIn({ email: olga.email, password })
  const renewed = await storedHash(olga)
  expect(renewed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  await api.nobody.auth.signIn({ email: olga.email, password })
  expect(await storedHash(olga)).toBe(renewed)
})

const storedHash = ({ user }: Person) => findPasswordHash(api.db, user.id)

it('when too many are hashing, signing in is refused for a moment', async () => {
  const { hasher, limits } = api.deps
  const places = takeAllPlaces(hasher)
  const consume = vi.spyOn(limits, 'consume')
  const refusal = await refusalOf(api.nobody.auth.signIn({ email: ada.email, password }))
  expect(refusal).toMatchObject({ code: 'UNAVAILABLE', status: 503 })
  // Before anything is asked of the database.
  expect(consume.mock.calls.map(([name]) => name)).toEqual(['general'])
  for (const place of places) (await place)[Symbol.dispose]()
  expect(await api.nobody.auth.signIn({ email: ada.email, password })).toMatchObject({ user: ada.user })
})

it('a sign-in gives its place back, whatever comes of it', async () => {
  const giveBack = vi.fn<() => void>()
  vi.spyOn(api.deps.hasher, 'reserve').mockImplementation(async () => ({ [Symbol.dispose]: giveBack }))
  await refusalOf(api.nobody.auth.signIn({ email: ada.email, password: wrong }))
  expect(giveBack).toHaveBeenCalledTimes(1)
  await api.nobody.auth.signIn({ email: ada.email, password })
  expect(giveBack).toHaveBeenCalledTimes(2)
})

function takeAllPlaces(hasher: PasswordHasher) {
  const places: Promise<Disposable>[] = []
  try {
    for (;;) {
      hasher.refuseWhenFull()
      places.push(hasher.reserve())
    }
  } catch {
    return places
  }
}

async function limitedApi(work: (limited: TestApi) => Promise<void>) {
  const limited = await createTestApi({ rateLimitFactor: 1 })
  try {
    await limited.person('ada')
    await limited.person('bob')
    await work(limited)
  } finally {
    await limited.stop()
  }
}

it('ten sign-ins to an account from a source, right or wrong, and it has to wait; nobody else has', async () => {
  await limitedApi(async (limited) => {
    vi.spyOn(limited.deps.hasher, 'verify').mockResolvedValue(true)
    const attempt = (email: string, ip: string) => limited.callerOf({ ip }).auth.signIn({ email, password })
    for (let count = 0; count < 10; count++) await attempt('ada@example.com', '203.0.113.1')
    const refusal = await refusalOf(attempt('ADA@example.com', '203.0.113.1'))
    expect(refusal).toMatchObject({ code: 'RATE_LIMITED', status: 429 })
    expect((refusal.details as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(800)
    expect(await attempt('ada@example.com', '203.0.113.2')).toMatchObject({ user: { username: 'ada' } })
    expect(await attempt('bob@example.com', '203.0.113.1')).toMatchObject({ user: { username: 'bob' } })
  })
})

it('thirty sign-ins a minute from a source, to whomever, and it has to wait', async () => {
  await limitedApi(async (limited) => {
    vi.spyOn(limited.deps.hasher, 'verify').mockResolvedValue(false)
    const attempt = (email: string, ip: string) =>
      refusalOf(limited.callerOf({ ip }).auth.signIn({ email, password: wrong }))
    for (let count = 0; count < 30; count++) {
      const { code } = await attempt(`person${count}@example.com`, '2001:db8:1:2::1')
      expect(code).toBe('INVALID_CREDENTIALS')
    }
    expect(await attempt('ada@example.com', '2001:db8:1:2:ffff::9')).toMatchObject({ code: 'RATE_LIMITED' })
    expect(await attempt('ada@example.com', '2001:db8:1:3::1')).toMatchObject({ code: 'INVALID_CREDENTIALS' })
  })
})

it('each call of a batch counts', async () => {
  await limitedApi(async (limited) => {
    const verify = vi.spyOn(limited.deps.hasher, 'verify').mockResolvedValue(false)
    const batch = Array.from({ length: 12 }, () => ({ email: 'ada@example.com', password: wrong }))
    const path = batch.map(() => 'auth.signIn').join(',')
    const { errors } = await answerTo(limited.deps, `${path}?batch=1`, posted({ ...batch }))
    const codes = errors.map(({ data }) => data.code)
    expect(codes.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(10)
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(2)
    expect(verify).toHaveBeenCalledTimes(10)
  })
})

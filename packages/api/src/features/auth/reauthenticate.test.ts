import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

afterEach(() => vi.restoreAllMocks())

const wrong = 'Wrong7Horse'
const required = { code: 'REAUTHENTICATION_REQUIRED', status: 403 }

/** As if the password had been given this long ago. */
const age = ({ user }: Pick<Person, 'user'>, seconds: number) =>
  sql`
    update sessions set authenticated_at = now() - make_interval(secs => ${seconds}) where user_id = ${user.id}
    `.execute(api.db)

const tokenIn = (cookies: string[]) => /^__Host-tenon_session=([^;]*)/.exec(cookies.at(-1) ?? '')?.[1] ?? ''

const byCookie = (token: string, cookies: string[] = []) =>
  api.callerOf({ cookie: `__Host-tenon_session=${token}` }, cookies)

const recentCalls = {
  'auth.email.change': ({ calls, user }: Person) =>
    calls.auth.email.change({ email: `new_${user.username}@example.com` }),
  'auth.password.change': ({ calls }: Person) =>
    calls.auth.password.change({ currentPassword: password, newPassword: 'Another7Horse' }),
  'users.delete': ({ calls }: Person) => calls.users.delete(),
}

const each = it.each(Object.entries(recentCalls))

each(
  '%s is refused 10 minutes after the sign-in, and open once the password was given again',
  async (path, call) => {
    const ada = await api.person(`ada_${path.replaceAll('.', '_')}`)
    await age(ada, 10 * 60)
    expect(await refusalOf(call(ada))).toMatchObject(required)
    await ada.calls.auth.reauthenticate({ password })
    await expect(call(ada)).resolves.not.toThrow()
  },
)

each('%s is open shortly before that', async (path, call) => {
  const bob = await api.person(`bob_${path.replaceAll('.', '_')}`)
  await age(bob, 10 * 60 - 15)
  await expect(call(bob)).resolves.not.toThrow()
})

it('the answer says until when it holds', async () => {
  const carol = await api.person('carol')
  const { recentUntil } = await carol.calls.auth.reauthenticate({ password })
  expect((new Date(recentUntil).getTime() - Date.now()) / 60_000).toBeCloseTo(10, 1)
})

it('using a session does not make it recent', async () => {
  const dora = await api.person('dora')
  await age(dora, 11 * 60)
  await sql`update sessions set last_seen_at = now() - interval '2 hours' where user_id = ${dora.user.id}`.execute(
    api.db,
  )
  await dora.calls.users.me()
  expect(await refusalOf(dora.calls.users.delete())).toMatchObject(required)
})

it('it holds for the session that asked, and for no other', async () => {
  const erin = await api.person('erin')
  const { token } = await api.nobody.auth.signIn({ email: erin.email, password, tokenInBody: true })
  await age(erin, 11 * 60)
  await erin.calls.auth.reauthenticate({ password })
  const other = api.callerOf({ authorization: `Bearer ${token}` })
  expect(await refusalOf(other.users.delete())).toMatchObject(required)
})

it('a wrong password is refused, recorded and opens nothing', async () => {
  const fay = await api.person('fay')
  await age(fay, 11 * 60)
  expect(await refusalOf(fay.calls.auth.reauthenticate({ password: wrong }))).toEqual({
    code: 'INVALID_CREDENTIALS',
    status: 401,
    message: 'The current password is wrong.',
    details: {},
  })
  expect(await refusalOf(fay.calls.users.delete())).toMatchObject(required)
  const { items } = await fay.calls.auth.events({ action: 'session.reauthenticated' })
  expect(items).toMatchObject([{ result: 'failure', by: 'self', details: { reason: 'INVALID_CREDENTIALS' } }])
})

it('guesses count with those at the sign-in', async () => {
  const limited = await createTestApi({ rateLimitFactor: 1 })
  try {
    const { email, calls } = await limited.person('ada')
    vi.spyOn(limited.deps.hasher, 'verify').mockResolvedValue(false)
    for (let count = 0; count < 5; count++) {
      await refusalOf(calls.auth.reauthenticate({ password: wrong }))
      await refusalOf(limited.nobody.auth.signIn({ email, password: wrong }))
    }
    for (const attempt of [
      () => calls.auth.reauthenticate({ password }),
      () => limited.nobody.auth.signIn({ email, password }),
      () => calls.auth.password.change({ currentPassword: password, newPassword: 'Another7Horse' }),
    ])
      expect(await refusalOf(attempt())).toMatchObject({ code: 'RATE_LIMITED' })
  } finally {
    await limited.stop()
  }
})

it('a browser gets a new token, and the one that may have been seen is dead', async () => {
  const gail = await api.person('gail')
  const cookies: string[] = []
  await byCookie(gail.token, cookies).auth.reauthenticate({ password })
  expect(cookies).toHaveLength(1)
  const renewed = tokenIn(cookies)
  expect(renewed).toMatch(/^[a-z2-7]{40}$/)
  expect(cookies[0]).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  expect(renewed).not.toBe(gail.token)
  expect(await refusalOf(byCookie(gail.token).users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
  const { items } = await byCookie(renewed).auth.sessions.list()
  expect(items).toMatchObject([{ current: true }])
})

it('of two browser tabs that ask at once both are answered, and the cookie that is left works', async () => {
  const gwen = await api.person('gwen')
  const { verify } = api.deps.hasher
  const arrived = Promise.withResolvers<void>()
  const guarded = vi.spyOn(api.deps.hasher, 'verify').mockImplementation(async (hash, given) => {
    if (guarded.mock.calls.length === 2) arrived.resolve()
    await arrived.promise
    return verify(hash, given)
  })
  const cookies: string[] = []
  const ask = () => byCookie(gwen.token, cookies).auth.reauthenticate({ password })
  await Promise.all([ask(), ask()])
  expect(cookies).toHaveLength(1)
  expect(await byCookie(tokenIn(cookies)).users.me()).toMatchObject({ username: 'gwen' })
})

it('a bearer keeps the token, and is set no cookie', async () => {
  const hana = await api.person('hana')
  const cookies: string[] = []
  await api.callerOf({ authorization: `Bearer ${hana.token}` }, cookies).auth.reauthenticate({ password })
  expect(cookies).toEqual([])
  expect(await hana.calls.users.me()).toMatchObject({ username: 'hana' })
})

it('an access token can neither give the password nor do what asks for it, however young its session', async () => {
  const iris = await api.person('iris')
  const { accessToken } = await iris.calls.auth.accessToken()
  const service = api.callerOf({ authorization: `Bearer ${accessToken}` })
  const forbidden = { code: 'FORBIDDEN', status: 403 }
  expect(await refusalOf(service.auth.reauthenticate({ password }))).toMatchObject(forbidden)
  for (const call of Object.values(recentCalls))
    expect(await refusalOf(call({ ...iris, calls: service }))).toMatchObject(forbidden)
})

it('an account without a password cannot give it, after the same work', async () => {
  const june = await api.person('june')
  await sql`update users set password_hash = null where id = ${june.user.id}`.execute(api.db)
  const verify = vi.spyOn(api.deps.hasher, 'verify')
  const refusal = await refusalOf(june.calls.auth.reauthenticate({ password }))
  expect(refusal).toMatchObject({ code: 'INVALID_CREDENTIALS', message: 'The current password is wrong.' })
  expect(verify.mock.calls).toEqual([[undefined, password]])
})

it('a password that was reset while it was being verified opens nothing', async () => {
  const kira = await api.person('kira')
  await age(kira, 11 * 60)
  const { verify } = api.deps.hasher
  vi.spyOn(api.deps.hasher, 'verify').mockImplementationOnce(async (hash, given) => {
    const isRight = await verify(hash, given)
    await sql`update users set password_hash = 'another' where id = ${kira.user.id}`.execute(api.db)
    return isRight
  })
  const refusal = await refusalOf(kira.calls.auth.reauthenticate({ password }))
  expect(refusal).toMatchObject({ code: 'INVALID_CREDENTIALS' })
  expect(await refusalOf(kira.calls.users.delete())).toMatchObject(required)
})

it('a session that was ended while the password was being verified stays ended', async () => {
  const lou = await api.person('lou')
  const { verify } = api.deps.hasher
  vi.spyOn(api.deps.hasher, 'verify').mockImplementationOnce(async (hash, given) => {
    await sql`delete from sessions where user_id = ${lou.user.id}`.execute(api.db)
    return verify(hash, given)
  })
  const cookies: string[] = []
  const refusal = await refusalOf(byCookie(lou.token, cookies).auth.reauthenticate({ password }))
  expect(refusal).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(cookies).toEqual([])
})

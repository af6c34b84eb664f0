import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { readSessionCookie } from './session-cookie.ts'

let api: TestApi
let ada: Person
let bob: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
})

afterAll(() => api.stop())

const cookieOf = ({ token }: Person) => `__Host-tenon_session=${token}`

it('a bearer token beats the cookie', async () => {
  const caller = api.callerOf({ authorization: `Bearer ${bob.token}`, cookie: cookieOf(ada) })
  expect(await caller.users.me()).toMatchObject({ username: 'bob' })
})

it('a bad bearer token is refused, also with a good cookie, and also where nobody need be signed in', async () => {
  const caller = api.callerOf({ authorization: 'Bearer nonsense', cookie: cookieOf(ada) })
  const refused = {
    code: 'UNAUTHORIZED',
    status: 401,
    message: 'The bearer token is not valid.',
    details: {},
  }
  expect(await refusalOf(caller.users.me())).toEqual(refused)
  expect(await refusalOf(caller.users.get({ id: ada.user.id }))).toEqual(refused)
})

it('guesses of a bearer token count against the limit of their source, and of nobody else', async () => {
  const limited = await createTestApi({ rateLimitFactor: 0.005 })
  try {
    const bob = await limited.person('bob')
    const guess = (ip: string) =>
      refusalOf(limited.callerOf({ authorization: 'Bearer x', ip }).users.get({ id: ada.user.id }))
    expect([
      await guess('203.0.113.9'),
      await guess('203.0.113.9'),
      await guess('203.0.113.9'),
    ]).toMatchObject([{ code: 'UNAUTHORIZED' }, { code: 'UNAUTHORIZED' }, { code: 'UNAUTHORIZED' }])
    expect(await guess('203.0.113.9')).toMatchObject({ code: 'RATE_LIMITED' })
    expect(await guess('203.0.113.10')).toMatchObject({ code: 'UNAUTHORIZED' })
    const bobThere = limited.callerOf({ authorization: `Bearer ${bob.token}`, ip: '203.0.113.9' })
    expect(await bobThere.users.me()).toMatchObject({ username: 'bob' })
  } finally {
    await limited.stop()
  }
})

it('the scheme may be in any case', async () => {
  const caller = api.callerOf({ authorization: `bearer ${ada.token}` })
  expect(await caller.users.me()).toMatchObject({ username: 'ada' })
})

it.each([
  '',
  ' ',
  'Bearer',
  'Bearer ',
  'Bearer  twice',
  'Basic YWRhOmFkYQ==',
  'Bearer a b',
  `Bearer ${'a'.repeat(40)}`,
  `Bearer ${'a'.repeat(5000)}`,
  'Bearer ..',
  'Bearer a.b.c',
  'Bearer a.b.c.d.e',
  'Bearer e30.e30.e30',
  'Bearer eyJhbGciOiJFZERTQSIsImtpZCI6InVzZXJzIn0.e30.AA',
  'Bearer eyJhbGciOiJFZERTQSIsImtpZCI6WzFdfQ.e30.AA',
  'Bearer \u0000',
  'Bearer é',
])('Authorization %j is 401', async (authorization) => {
  expect(await refusalOf(api.callerOf({ authorization }).users.get({ id: ada.user.id }))).toMatchObject({
    code: 'UNAUTHORIZED',
  })
})

it.each([
  '%',
  '__Host-tenon_session=%',
  '__Host-tenon_session=%E0%A4%A',
  '__Host-tenon_session=',
  '__Host-tenon_session',
  `__Host-tenon_session=${'a'.repeat(40)}`,
  `__Host-tenon_session=${'a'.repeat(10_000)}`,
  '__Host-tenon_session=\u0000',
  ';;;=;',
  `x__Host-tenon_session=${'a'.repeat(40)}`,
])('the cookie %j is nobody', async (cookie) => {
  const caller = api.callerOf({ cookie })
  expect(await caller.users.get({ id: ada.user.id })).toMatchObject({ username: 'ada' })
  expect(await refusalOf(caller.users.me())).toMatchObject({
    code: 'UNAUTHORIZED',
    message: 'Sign in first.',
  })
})

it('a broken cookie beside it does not cost the session', async () => {
  const caller = api.callerOf({ cookie: `broken=%E0%A4%A; ${cookieOf(ada)}` })
  expect(await caller.users.me()).toMatchObject({ username: 'ada' })
})

it('the session cookie is found between others, and not inside of them', () => {
  expect(readSessionCookie('a=1;__Host-tenon_session=x;b=2')).toBe('x')
  expect(readSessionCookie('a=__Host-tenon_session=x')).toBeUndefined()
  expect(readSessionCookie('a="; __Host-tenon_sessions=x')).toBeUndefined()
  expect(readSessionCookie(undefined)).toBeUndefined()
  expect(readSessionCookie('__Host-tenon_session=x; __Host-tenon_session=y')).toBeUndefined()
})

it('the hash of a token, as the database holds it, opens nothing', async () => {
  const { tokenHash } = await api.db.selectFrom('sessions').select('tokenHash').executeTakeFirstOrThrow()
  for (const token of [
    tokenHash.toString('hex'),
    tokenHash.toString('base64url'),
    tokenHash.toString('base64'),
  ])
    expect(await refusalOf(api.callerOf({ authorization: `Bearer ${token}` }).users.me())).toMatchObject({
      code: 'UNAUTHORIZED',
    })
})

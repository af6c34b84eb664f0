import { afterAll, beforeAll, expect, it } from 'vitest'
import { createContext } from '../../context.ts'
import { newId } from '../../ids.ts'
import { appRouter } from '../../router.ts'
import { createTestApi, password, plainRequest, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { createVerifiedUser, promoteUser } from './users.ts'
import { hasUsers } from './queries.ts'

let api: TestApi
let ada: Person
let bob: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
})

afterAll(() => api.stop())

it('anybody reads a person without address, role or password', async () => {
  const shown = await api.nobody.users.get({ id: ada.user.id })
  expect(shown).toEqual({
    id: ada.user.id,
    username: 'ada',
    name: null,
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  })
})

it('who is not there and who is deleted are one answer', async () => {
  const rosa = await api.person('rosa')
  await rosa.calls.users.delete()
  const missing = await refusalOf(api.nobody.users.get({ id: newId() }))
  expect(missing).toEqual({ code: 'NOT_FOUND', status: 404, message: 'There is no such user.', details: {} })
  expect(await refusalOf(api.nobody.users.get({ id: rosa.user.id }))).toEqual(missing)
})

it('an id that is none is refused', async () => {
  expect(await refusalOf(api.nobody.users.get({ id: '1 or 1=1' }))).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: { fields: { id: [expect.any(String)] } },
  })
})

it('I read myself with my address and role', async () => {
  expect(await ada.calls.users.me()).toMatchObject({
    email: 'ada@example.com',
    role: 'user',
    emailVerified: true,
  })
})

it('I change my name and username, and only what I name changes', async () => {
  const lena = await api.person('lena')
  expect(await lena.calls.users.update({ name: 'Lena L.' })).toMatchObject({
    username: 'lena',
    name: 'Lena L.',
  })
  const renamed = await lena.calls.users.update({ username: 'Lena_2' })
  expect(renamed).toMatchObject({ username: 'Lena_2', name: 'Lena L.', email: 'lena@example.com' })
  expect(renamed.updatedAt > renamed.createdAt).toBe(true)
  expect(await lena.calls.users.update({ name: null })).toMatchObject({ name: null })
})

it('my own username in other letters is no conflict', async () => {
  expect(await ada.calls.users.update({ username: 'ADA' })).toMatchObject({ username: 'ADA' })
  expect(await ada.calls.users.update({ username: 'ada' })).toMatchObject({ username: 'ada' })
})

it("another's username is refused, in upper and lower case", async () => {
  const refusal = await refusalOf(ada.calls.users.update({ username: 'BOB' }))
  expect(refusal).toMatchObject({ code: 'USERNAME_TAKEN', status: 409, details: { field: 'username' } })
})

it.each(['email', 'role', 'id', 'emailVerified', 'createdAt', 'passwordHash'])(
  'an update that names %s is refused and changes nothing',
  async (key) => {
    const before = await bob.calls.users.me()
    const refusal = await refusalOf(bob.calls.users.update({ name: 'Bobby', [key]: 'admin' } as never))
    expect(refusal).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: { fields: { [key]: ['Unknown field'] } },
    })
    expect(await bob.calls.users.me()).toEqual(before)
  },
)

it('of two who take one username at once, one gets it', async () => {
  const outcomes = await Promise.allSettled(
    [ada, bob].map(({ calls }) => calls.users.update({ username: 'wanted' })),
  )
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

it('deletion blanks the cookie it came with, and leaves alone the one it did not', async () => {
  for (const isByCookie of [true, false]) {
    const tess = await api.person(isByCookie ? 'tess' : 'tessa')
    const cookies: string[] = []
    const credential = isByCookie
      ? { cookie: `__Host-tenon_session=${tess.token}` }
      : { authorization: `Bearer ${tess.token}` }
    await api.callerOf(credential, cookies).users.delete()
    expect(cookies).toEqual(isByCookie ? [expect.stringContaining('__Host-tenon_session=; Max-Age=0')] : [])
  }
})

it('what a batch does after deleting its own account is refused', async () => {
  const vera = await api.person('vera')
  const request = { ...plainRequest(), authorization: `Bearer ${vera.token}` }
  const batch = appRouter.createCaller(await createContext(api.deps, request, { setCookie: () => {} }))
  await batch.users.delete()
  expect(await refusalOf(batch.users.update({ name: 'A ghost' }))).toMatchObject({ code: 'UNAUTHORIZED' })
})

it('an operator makes a verified person with a role, and no mail goes out', async () => {
  await createVerifiedUser(api.deps, { email: 'root@example.com', username: 'root', password }, 'admin')
  const { user } = await api.nobody.auth.signIn({ email: 'root@example.com', password })
  expect(user).toMatchObject({ role: 'admin', emailVerified: true })
  await api.drainJobs()
  expect(api.mailbox.to('root@example.com')).toEqual([])
})

it('a promotion holds on the next request', async () => {
  const mina = await api.person('mina')
  expect(await promoteUser(api.deps, mina.email, 'moderator')).toMatchObject({ role: 'moderator' })
  expect(await mina.calls.users.me()).toMatchObject({ role: 'moderator' })
})

it('nobody is promoted who is not there, or deleted', async () => {
  const gone = await api.person('gone')
  await gone.calls.users.delete()
  for (const email of [gone.email, 'none@example.com'])
    expect(await refusalOf(promoteUser(api.deps, email, 'admin'))).toMatchObject({ code: 'NOT_FOUND' })
})

it('whether there is anybody yet is known', async () => {
  const empty = await createTestApi()
  try {
    expect([await hasUsers(empty.db), await hasUsers(api.db)]).toEqual([false, true])
  } finally {
    await empty.stop()
  }
})

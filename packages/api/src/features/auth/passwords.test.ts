import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

afterEach(() => vi.restoreAllMocks())

const newPassword = 'Another7Horse'

const signIn = (email: string, given: string) =>
  api.nobody.auth.signIn({ email, password: given, tokenInBody: true })

async function otherSession({ email }: Person) {
  const { token } = await signIn(email, password)
  return api.callerOf({ authorization: `Bearer ${token}` })
}

async function resetTokenFor(email: string) {
  await api.nobody.auth.password.requestReset({ email })
  await api.drainJobs()
  return api.mailbox.tokenFor(email)
}

it('a reset sets the new password, and the old one is refused', async () => {
  const ada = await api.person('ada')
  const token = await resetTokenFor(ada.email)
  expect(api.mailbox.to(ada.email).at(-1)!.text).toContain(`http://localhost:3000/reset#token=${token}`)
  expect(await api.nobody.auth.password.reset({ token, password: newPassword })).toBeNull()
  expect(await signIn(ada.email, newPassword)).toMatchObject({ user: { username: 'ada' } })
  expect(await refusalOf(signIn(ada.email, password))).toMatchObject({ code: 'INVALID_CREDENTIALS' })
})

it('a reset ends every session, and starts none', async () => {
  const bob = await api.person('bob')
  const other = await otherSession(bob)
  const cookies: string[] = []
  const token = await resetTokenFor(bob.email)
  await api.callerOf({}, cookies).auth.password.reset({ token, password: newPassword })
  for (const calls of [bob.calls, other])
    expect(await refusalOf(calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(cookies).toEqual([])
})

it('a reset verifies the address, as only its holder has the link', async () => {
  const carol = await api.person('carol', { isVerified: false })
  const token = await resetTokenFor(carol.email)
  await api.nobody.auth.password.reset({ token, password: newPassword })
  expect((await signIn(carol.email, newPassword)).user.emailVerified).toBe(true)
})

it('the mail goes to the address that is stored, however it was typed', async () => {
  const erin = await api.person('erin')
  await api.nobody.auth.password.requestReset({ email: 'ERIN@Example.com' })
  await api.drainJobs()
  expect(api.mailbox.sent.at(-1)!.to).toBe(erin.email)
})

it('a weak password is refused and the link is not spent', async () => {
  const fay = await api.person('fay')
  const token = await resetTokenFor(fay.email)
  const refusal = await refusalOf(api.nobody.auth.password.reset({ token, password: 'weak' }))
  expect(refusal).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: { fields: { password: expect.any(Array) } },
  })
  expect(await api.nobody.auth.password.reset({ token, password: newPassword })).toBeNull()
})

it('a made-up link costs no hashing', async () => {
  const hash = vi.spyOn(api.deps.hasher, 'hash')
  const refusal = await refusalOf(
    api.nobody.auth.password.reset({ token: 'A'.repeat(43), password: newPassword }),
  )
  expect(refusal).toMatchObject({ code: 'TOKEN_INVALID' })
  expect(hash).not.toHaveBeenCalled()
})

it('asking for resets is limited by source', async () => {
  const limited = await createTestApi({ rateLimitFactor: 1 })
  try {
    const ask = (ip: string, email: string) => limited.callerOf({ ip }).auth.password.requestReset({ email })
    for (let count = 0; count < 10; count++) await ask('203.0.113.1', `person${count}@example.com`)
    expect(await refusalOf(ask('203.0.113.1', 'ada@example.com'))).toMatchObject({ code: 'RATE_LIMITED' })
    expect(await ask('203.0.113.2', 'ada@example.com')).toEqual({ ok: true })
  } finally {
    await limited.stop()
  }
})

it('a change sets the new password, ends the other sessions and keeps this one', async () => {
  const gail = await api.person('gail')
  const other = await otherSession(gail)
  expect(await gail.calls.auth.password.change({ currentPassword: password, newPassword })).toBeNull()
  expect(await refusalOf(other.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(await gail.calls.users.me()).toMatchObject({ username: 'gail' })
  expect(await signIn(gail.email, newPassword)).toMatchObject({ user: { username: 'gail' } })
  expect(await refusalOf(signIn(gail.email, password))).toMatchObject({ code: 'INVALID_CREDENTIALS' })
})

it('in a browser a change replaces the token of its cookie, and the one from before is dead', async () => {
  const greta = await api.person('greta')
  const byCookie = (pair: string, cookies: string[] = []) => api.callerOf({ cookie: pair }, cookies)
  const before = `__Host-tenon_session=${greta.token}`
  const cookies: string[] = []
  await byCookie(before, cookies).auth.password.change({ currentPassword: password, newPassword })
  expect(cookies).toEqual([expect.stringMatching(/^__Host-tenon_session=[a-z2-7]{40}; /)])
  const after = cookies[0]!.split(';')[0]!
  expect(await byCookie(after).users.me()).toMatchObject({ username: 'greta' })
  expect(await refusalOf(byCookie(before).users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
})

it('a wrong current password is refused and changes nothing', async () => {
  const hana = await api.person('hana')
  const other = await otherSession(hana)
  const change = hana.calls.auth.password.change({ currentPassword: 'Wrong7Horse', newPassword })
  expect(await refusalOf(change)).toMatchObject({
    code: 'INVALID_CREDENTIALS',
    message: 'The current password is wrong.',
  })
  expect(await other.users.me()).toMatchObject({ username: 'hana' })
  expect(await signIn(hana.email, password)).toMatchObject({ user: { username: 'hana' } })
})

it('a change kills a reset link that is on its way', async () => {
  const iris = await api.person('iris')
  const token = await resetTokenFor(iris.email)
  await iris.calls.auth.password.change({ currentPassword: password, newPassword })
  expect(await refusalOf(api.nobody.auth.password.reset({ token, password }))).toMatchObject({
    code: 'TOKEN_INVALID',
  })
})

it('a change whose current password was reset in the meantime does not undo the reset', async () => {
  const june = await api.person('june')
  const token = await resetTokenFor(june.email)
  const { hash } = api.deps.hasher
  vi.spyOn(api.deps.hasher, 'hash').mockImplementationOnce(async (given) => {
    await api.nobody.auth.password.reset({ token, password: newPassword })
    return hash(given)
  })
  const change = june.calls.auth.password.change({ currentPassword: password, newPassword: 'Thieves7Choice' })
  expect(await refusalOf(change)).toMatchObject({ code: 'INVALID_CREDENTIALS' })
  expect(await signIn(june.email, newPassword)).toMatchObject({ user: { username: 'june' } })
})

it('of two changes at once one wins', async () => {
  const kira = await api.person('kira')
  const change = (to: string) =>
    kira.calls.auth.password.change({ currentPassword: password, newPassword: to })
  const outcomes = await Promise.allSettled([change('First7Choice'), change('Second7Choice')])
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

it('guessing the current password is limited like signing in', async () => {
  const limited = await createTestApi({ rateLimitFactor: 1 })
  try {
    const ada = await limited.person('ada')
    const guess = () => ada.calls.auth.password.change({ currentPassword: 'Wrong7Horse', newPassword })
    for (let count = 0; count < 10; count++)
      expect(await refusalOf(guess())).toMatchObject({ code: 'INVALID_CREDENTIALS' })
    expect(await refusalOf(guess())).toMatchObject({ code: 'RATE_LIMITED' })
  } finally {
    await limited.stop()
  }
})

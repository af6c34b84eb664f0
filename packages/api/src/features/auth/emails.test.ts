import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApi, password, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

it('the link of the registration mail verifies the address, and holds on the next request', async () => {
  await api.nobody.users.create({ email: 'ada@example.com', username: 'ada', password })
  await api.drainJobs()
  const { token } = await api.nobody.auth.signIn({ email: 'ada@example.com', password, tokenInBody: true })
  const ada = api.callerOf({ authorization: `Bearer ${token}` })
  expect(await ada.users.me()).toMatchObject({ emailVerified: false })
  expect(await api.nobody.auth.email.verify({ token: api.mailbox.tokenFor('ada@example.com') })).toBeNull()
  expect(await ada.users.me()).toMatchObject({ emailVerified: true })
})

it('the link leads to this installation, with the token behind the hash where no server sees it', async () => {
  const bob = await api.person('bob', { isVerified: false })
  await bob.calls.auth.email.resend()
  await api.drainJobs()
  const [mail] = api.mailbox.to(bob.email)
  expect(mail!.text).toMatch(/http:\/\/localhost:3000\/verify#token=[\w-]{43}\n/)
  expect(mail!.html).toMatch(/href="http:\/\/localhost:3000\/verify#token=[\w-]{43}"/)
})

it('asking again mails a new link', async () => {
  const carol = await api.person('carol', { isVerified: false })
  expect(await carol.calls.auth.email.resend()).toEqual({ ok: true })
  await api.drainJobs()
  expect(await carol.calls.auth.email.resend()).toEqual({ ok: true })
  await api.drainJobs()
  expect(api.mailbox.to(carol.email)).toHaveLength(2)
})

it('a verified address gets no mail, and the same answer', async () => {
  const dora = await api.person('dora')
  expect(await dora.calls.auth.email.resend()).toEqual({ ok: true })
  expect(await api.waitingJobs()).toEqual([])
})

it('verifying an address twice keeps the first time', async () => {
  const erin = await api.person('erin', { isVerified: false })
  const verifiedAt = async () =>
    (
      await api.db
        .selectFrom('users')
        .select('emailVerifiedAt')
        .where('id', '=', erin.user.id)
        .executeTakeFirst()
    )?.emailVerifiedAt
  const tokens: string[] = []
  for (const request of [
    () => erin.calls.auth.email.resend(),
    () => api.nobody.auth.password.requestReset({ email: erin.email }),
  ]) {
    await request()
    await api.drainJobs()
    tokens.push(api.mailbox.tokenFor(erin.email))
  }
  await api.nobody.auth.email.verify({ token: tokens[0]! })
  const first = await verifiedAt()
  await api.nobody.auth.password.reset({ token: tokens[1]!, password })
  expect(await verifiedAt()).toEqual(first)
})

it('mails to confirm an address are limited by source', async () => {
  const limited = await createTestApi({ rateLimitFactor: 1 })
  try {
    const { token } = await limited.person('ada', { isVerified: false })
    const resend = (ip: string) =>
      limited.callerOf({ ip, authorization: `Bearer ${token}` }).auth.email.resend()
    for (let count = 0; count < 10; count++) await resend('203.0.113.1')
    expect(await refusalOf(resend('::ffff:203.0.113.1'))).toMatchObject({ code: 'RATE_LIMITED' })
    expect(await resend('203.0.113.2')).toEqual({ ok: true })
  } finally {
    await limited.stop()
  }
})

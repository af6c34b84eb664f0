import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { statementsOf } from '../../testing/statements.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

afterEach(() => vi.restoreAllMocks())

const newPassword = 'Another7Horse'
const invalid = { code: 'TOKEN_INVALID', status: 400, message: 'This link is no longer valid.', details: {} }

const newAddressOf = ({ user }: Person) => `new_${user.username}@example.com`

/** Asks for the change, and answers with the token that was mailed to the new address. */
async function askFor(person: Person, email = newAddressOf(person)) {
  await person.calls.auth.email.change({ email })
  await api.drainJobs()
  return api.mailbox.tokenFor(email)
}

const confirm = (token: string) => api.nobody.auth.email.confirmChange({ token })

const signIn = (email: string, given = password) =>
  api.nobody.auth.signIn({ email, password: given, tokenInBody: true })

async function resetTokenFor(email: string) {
  await api.nobody.auth.password.requestReset({ email })
  await api.drainJobs()
  return api.mailbox.tokenFor(email)
}

it('the old address signs in until the new one is confirmed, the new one afterwards', async () => {
  const ada = await api.person('ada')
  const token = await askFor(ada)
  expect(await signIn(ada.email)).toMatchObject({ user: { email: ada.email } })
  expect(await refusalOf(signIn(newAddressOf(ada)))).toMatchObject({ code: 'INVALID_CREDENTIALS' })
  expect(await confirm(token)).toBeNull()
  expect(await signIn(newAddressOf(ada))).toMatchObject({ user: { id: ada.user.id } })
  expect(await refusalOf(signIn(ada.email))).toMatchObject({ code: 'INVALID_CREDENTIALS' })
})

it('the new address is mailed a link to confirm it, the old one a notice that names it with a link to undo it', async () => {
  const bob = await api.person('bob')
  await askFor(bob)
  const [toNew, ...moreToNew] = api.mailbox.to(newAddressOf(bob))
  const [toOld, ...moreToOld] = api.mailbox.to(bob.email)
  expect(toNew!.text).toMatch(/http:\/\/localhost:3000\/confirm-email#token=[\w-]{43}\n/)
  expect(toNew!.text).not.toContain(bob.email)
  expect(toOld!.text).toMatch(/http:\/\/localhost:3000\/undo-email#token=[\w-]{43}\n/)
  expect(toOld!.text).toContain(newAddressOf(bob))
  expect([...moreToNew, ...moreToOld]).toEqual([])
})

it('a confirmed change verifies the address, and keeps the sessions and the password', async () => {
  const carol = await api.person('carol', { isVerified: false })
  await confirm(await askFor(carol))
  expect(await carol.calls.users.me()).toMatchObject({ email: newAddressOf(carol), emailVerified: true })
})

it('an old address that nobody confirmed is offered no way in', async () => {
  const dora = await api.person('dora', { isVerified: false })
  await askFor(dora)
  expect(api.mailbox.to(dora.email)).toEqual([])
  const changes = api.db.selectFrom('emailChanges').select('id').where('userId', '=', dora.user.id)
  expect(await changes.execute()).toEqual([])
})

it('a change that was asked for before the address was confirmed dies with that: it offered no undo', async () => {
  const dina = await api.person('dina', { isVerified: false })
  await dina.calls.auth.email.resend()
  await api.drainJobs()
  const verify = api.mailbox.tokenFor(dina.email)
  const thiefs = await askFor(dina, 'thief4@example.com')
  await api.nobody.auth.email.verify({ token: verify })
  expect(await refusalOf(confirm(thiefs))).toEqual(invalid)
})

it('a change to the address that it is does nothing', async () => {
  const erin = await api.person('erin')
  expect(await erin.calls.auth.email.change({ email: 'ERIN@example.com' })).toEqual({ ok: true })
  expect(await api.waitingJobs()).toEqual([])
})

it('a taken address: the same answer after the same statements, and no mail to it', async () => {
  const fay = await api.person('fay')
  const gail = await api.person('gail')
  await api.person('owner')
  const ask = async (person: Person, email: string) => {
    let answer: unknown
    const statements = await statementsOf(async () => {
      answer = await person.calls.auth.email.change({ email })
    })
    return { answer, texts: statements.map(({ text }) => text) }
  }
  const free = await ask(fay, 'free@example.com')
  expect(free.answer).toEqual({ ok: true })
  expect(free.texts.length).toBeGreaterThan(5)
  expect(await ask(gail, 'owner@example.com')).toEqual(free)
  await api.drainJobs()
  expect(api.mailbox.to('free@example.com')).toHaveLength(1)
  expect(api.mailbox.to('owner@example.com')).toEqual([])
  expect(api.mailbox.to(gail.email)).toHaveLength(1)
})

it('an address that was taken after the mail went out is not told, nor taken', async () => {
  const hana = await api.person('hana')
  const token = await askFor(hana, 'contested@example.com')
  await api.nobody.users.create({ email: 'contested@example.com', username: 'quick', password })
  expect(await refusalOf(confirm(token))).toEqual(invalid)
  expect(await hana.calls.users.me()).toMatchObject({ email: hana.email })
})

it('of two people who confirm one address at once one gets it', async () => {
  const iris = await api.person('iris')
  const june = await api.person('june')
  await iris.calls.auth.email.change({ email: 'shared@example.com' })
  await june.calls.auth.email.change({ email: 'shared@example.com' })
  await api.drainJobs()
  const tokens = api.mailbox.to('shared@example.com').map(({ text }) => /#token=([\w-]+)/.exec(text)![1]!)
  const outcomes = await Promise.allSettled(tokens.map(confirm))
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  expect(refusals.map(({ apiCode }) => apiCode)).toEqual(['TOKEN_INVALID'])
  const emails = [(await iris.calls.users.me()).email, (await june.calls.users.me()).email]
  expect(emails.filter((email) => email === 'shared@example.com')).toHaveLength(1)
})

it('a link to set a new password that went to the old address dies with the confirmation', async () => {
  const kira = await api.person('kira')
  const reset = await resetTokenFor(kira.email)
  await confirm(await askFor(kira))
  expect(await refusalOf(api.nobody.auth.password.reset({ token: reset, password: newPassword }))).toEqual(
    invalid,
  )
})

it('a link to confirm the old address dies with the confirmation of the new one', async () => {
  const lou = await api.person('lou', { isVerified: false })
  await lou.calls.auth.email.resend()
  await api.drainJobs()
  const verify = api.mailbox.tokenFor(lou.email)
  await confirm(await askFor(lou))
  expect(await refusalOf(api.nobody.auth.email.verify({ token: verify }))).toEqual(invalid)
})

it('a change that a thief asked for dies when the password is changed', async () => {
  const mia = await api.person('mia')
  const thiefs = await askFor(mia, 'thief1@example.com')
  await mia.calls.auth.password.change({ currentPassword: password, newPassword })
  expect(await refusalOf(confirm(thiefs))).toEqual(invalid)
  expect(await mia.calls.users.me()).toMatchObject({ email: mia.email })
})

it('a change that a thief asked for dies when the password is reset', async () => {
  const nora = await api.person('nora')
  const thiefs = await askFor(nora, 'thief2@example.com')
  await api.nobody.auth.password.reset({ token: await resetTokenFor(nora.email), password: newPassword })
  expect(await refusalOf(confirm(thiefs))).toEqual(invalid)
})

it('a change that was asked for while the password was reset comes to nothing', async () => {
  const olga = await api.person('olga')
  const reset = await resetTokenFor(olga.email)
  vi.spyOn(api.deps.limits, 'consume').mockImplementation(async (name) => {
    if (name !== 'mailRequest') return
    vi.mocked(api.deps.limits.consume).mockRestore()
    await api.nobody.auth.password.reset({ token: reset, password: newPassword })
  })
  const change = olga.calls.auth.email.change({ email: 'thief3@example.com' })
  expect(await refusalOf(change)).toMatchObject({ code: 'UNAUTHORIZED' })
  await api.drainJobs()
  expect(api.mailbox.to('thief3@example.com')).toEqual([])
})

it('the change asks for a sign-in of the last 10 minutes', async () => {
  const pia = await api.person('pia')
  await sql`
    update sessions set authenticated_at = now() - interval '11 minutes' where user_id = ${pia.user.id}
    `.execute(api.db)
  expect(await refusalOf(pia.calls.auth.email.change({ email: newAddressOf(pia) }))).toMatchObject({
    code: 'REAUTHENTICATION_REQUIRED',
    status: 403,
  })
  await api.drainJobs()
  expect(api.mailbox.to(newAddressOf(pia))).toEqual([])
})

it('asking for changes is limited by source', async () => {
  const limited = await createTestApi({ rateLimitFactor: 1 })
  try {
    const { calls } = await limited.person('ada')
    for (let count = 0; count < 10; count++)
      await calls.auth.email.change({ email: `new${count}@example.com` })
    const refusal = await refusalOf(calls.auth.email.change({ email: 'new@example.com' }))
    expect(refusal).toMatchObject({ code: 'RATE_LIMITED' })
  } finally {
    await limited.stop()
  }
})

it('the link of a slip dies with the next change, also with one that mails nothing', async () => {
  const slip = await api.person('slip', { isVerified: false })
  const toStranger = await askFor(slip, 'stranger@example.com')
  vi.spyOn(api.deps.limits, 'isWithin').mockResolvedValueOnce(false)
  expect(await slip.calls.auth.email.change({ email: 'meant@example.com' })).toEqual({ ok: true })
  await api.drainJobs()
  expect(api.mailbox.to('meant@example.com')).toEqual([])
  expect(await refusalOf(confirm(toStranger))).toEqual(invalid)
})

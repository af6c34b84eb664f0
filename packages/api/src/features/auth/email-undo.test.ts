import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { eventually } from '../../testing/eventually.ts'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { lockWaiters } from '../../testing/locks.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { statementsOf } from '../../testing/statements.ts'
import { sweepCredentials } from './jobs.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

afterEach(() => vi.restoreAllMocks())

const newPassword = 'Another7Horse'
const invalid = { code: 'TOKEN_INVALID', status: 400, message: 'This link is no longer valid.', details: {} }

/** Asks for the change, and answers with both tokens that are mailed. */
async function askFor(calls: Person['calls'], to: string) {
  const { email: from } = await calls.users.me()
  await calls.auth.email.change({ email: to })
  await api.drainJobs()
  return { confirm: api.mailbox.tokenFor(to), undo: api.mailbox.tokenFor(from) }
}

const confirm = (token: string) => api.nobody.auth.email.confirmChange({ token })
const undo = (token: string) => api.nobody.auth.email.undoChange({ token })

const signIn = (email: string, given = password) =>
  api.nobody.auth.signIn({ email, password: given, tokenInBody: true })

/** Sets a password by the newest link to this address, and signs in with it. */
async function enterByLink(email: string) {
  await api.drainJobs()
  await api.nobody.auth.password.reset({ token: api.mailbox.tokenFor(email), password: newPassword })
  const { token } = await signIn(email, newPassword)
  return api.callerOf({ authorization: `Bearer ${token}` })
}

it('undone before it is confirmed, a change can be confirmed no more', async () => {
  const ada = await api.person('ada')
  const change = await askFor(ada.calls, 'ada2@example.com')
  expect(await undo(change.undo)).toBeNull()
  expect(await refusalOf(confirm(change.confirm))).toEqual(invalid)
  const owner = await enterByLink(ada.email)
  expect(await owner.users.me()).toMatchObject({ id: ada.user.id, email: ada.email, emailVerified: true })
})

it('undone after it was confirmed, a change gives the old address back', async () => {
  const bob = await api.person('bob')
  const change = await askFor(bob.calls, 'bob2@example.com')
  await confirm(change.confirm)
  expect(await undo(change.undo)).toBeNull()
  const owner = await enterByLink(bob.email)
  expect(await owner.users.me()).toMatchObject({ id: bob.user.id, email: bob.email })
  expect(await refusalOf(signIn('bob2@example.com', newPassword))).toMatchObject({
    code: 'INVALID_CREDENTIALS',
  })
})

it('an undo ends every session and removes the password, which whoever asked for the change knew', async () => {
  const carol = await api.person('carol')
  const change = await askFor(carol.calls, 'carol2@example.com')
  await undo(change.undo)
  expect(await refusalOf(carol.calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(await refusalOf(signIn(carol.email))).toMatchObject({ code: 'INVALID_CREDENTIALS' })
  const { passwordHash } = await api.db
    .selectFrom('users')
    .select('passwordHash')
    .where('id', '=', carol.user.id)
    .executeTakeFirstOrThrow()
  expect(passwordHash).toBeNull()
})

it('after a second change the undo of the first still gives the first address back', async () => {
  const dora = await api.person('dora')
  const first = await askFor(dora.calls, 'dora2@example.com')
  await confirm(first.confirm)
  const second = await askFor(dora.calls, 'dora3@example.com')
  await confirm(second.confirm)
  expect(await undo(first.undo)).toBeNull()
  expect(await (await enterByLink(dora.email)).users.me()).toMatchObject({ email: dora.email })
})

it('the undo of a second change dies with that of the first: it is in the hands of who made both', async () => {
  const erin = await api.person('erin')
  const first = await askFor(erin.calls, 'erin2@example.com')
  await confirm(first.confirm)
  const second = await askFor(erin.calls, 'erin3@example.com')
  await confirm(second.confirm)
  await undo(first.undo)
  expect(await refusalOf(undo(second.undo))).toEqual(invalid)
  expect(await (await enterByLink(erin.email)).users.me()).toMatchObject({ email: erin.email })
})

it('a thief who undoes a second change first cannot lock out who undoes the first', async () => {
  const fay = await api.person('fay')
  const first = await askFor(fay.calls, 'fay2@example.com')
  await confirm(first.confirm)
  const second = await askFor(fay.calls, 'fay3@example.com')
  await confirm(second.confirm)
  await undo(second.undo)
  const thief = await enterByLink('fay2@example.com')
  expect(await undo(first.undo)).toBeNull()
  expect(await refusalOf(thief.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(await (await enterByLink(fay.email)).users.me()).toMatchObject({ email: fay.email })
})

it('undoing a second change leaves the first, which somebody else may have made', async () => {
  const gail = await api.person('gail')
  const first = await askFor(gail.calls, 'gail2@example.com')
  await confirm(first.confirm)
  const second = await askFor(gail.calls, 'gail3@example.com')
  await confirm(second.confirm)
  await undo(second.undo)
  expect(await (await enterByLink('gail2@example.com')).users.me()).toMatchObject({
    email: 'gail2@example.com',
  })
  expect(await undo(first.undo)).toBeNull()
})

it('whoever changes back to their own address leaves a thief no way back', async () => {
  const gwen = await api.person('gwen')
  const thiefs = await askFor(gwen.calls, 'gwen2@example.com')
  await confirm(thiefs.confirm)
  const repair = await askFor(gwen.calls, gwen.email)
  await confirm(repair.confirm)
  expect(await refusalOf(undo(repair.undo))).toEqual(invalid)
  expect(await gwen.calls.users.me()).toMatchObject({ email: gwen.email })
})

it('the address that loses the account by an undo is told, and one that never had it is not', async () => {
  const hedy = await api.person('hedy')
  const first = await askFor(hedy.calls, 'hedy2@example.com')
  await confirm(first.confirm)
  await undo(first.undo)
  const owner = await enterByLink(hedy.email)
  const second = await askFor(owner, 'hedy3@example.com')
  await undo(second.undo)
  await api.drainJobs()
  const subjects = (address: string) => api.mailbox.to(address).map(({ subject }) => subject)
  expect(subjects('hedy2@example.com')).toHaveLength(2)
  // It may be the thief's: nothing of the owner's place is in it.
  expect(api.mailbox.to('hedy2@example.com').at(-1)!.text).not.toMatch(/Firefox|203\.0\.113/)
  expect(subjects('hedy3@example.com')).toEqual(['Confirm your new address'])
})

it('whatever a thief was mailed at the new address dies with the undo', async () => {
  const hana = await api.person('hana')
  const change = await askFor(hana.calls, 'hana2@example.com')
  await confirm(change.confirm)
  const pending = await askFor(hana.calls, 'hana3@example.com')
  await api.nobody.auth.password.requestReset({ email: 'hana2@example.com' })
  await hana.calls.users.export()
  await api.drainJobs()
  const [reset, data] = api.mailbox
    .to('hana2@example.com')
    .slice(-2)
    .map(({ text }) => /#token=([\w-]+)/.exec(text)![1]!)
  await undo(change.undo)
  expect(await refusalOf(api.nobody.auth.password.reset({ token: reset!, password: newPassword }))).toEqual(
    invalid,
  )
  expect(await refusalOf(api.nobody.users.downloadExport({ token: data! }))).toEqual(invalid)
  expect(await refusalOf(confirm(pending.confirm))).toEqual(invalid)
})

it('a thief who deletes the account after the change keeps nobody from undoing it', async () => {
  const iris = await api.person('iris')
  const change = await askFor(iris.calls, 'iris2@example.com')
  await confirm(change.confirm)
  await iris.calls.users.delete()
  await undo(change.undo)
  expect(await (await enterByLink(iris.email)).users.me()).toMatchObject({ id: iris.user.id })
})

it('a change that was asked for while an earlier one was undone comes to nothing', async () => {
  const june = await api.person('june')
  const change = await askFor(june.calls, 'june2@example.com')
  vi.spyOn(api.deps.limits, 'consume').mockImplementation(async (name) => {
    if (name !== 'mailRequest') return
    vi.mocked(api.deps.limits.consume).mockRestore()
    await undo(change.undo)
  })
  const thiefs = june.calls.auth.email.change({ email: 'june3@example.com' })
  expect(await refusalOf(thiefs)).toMatchObject({ code: 'UNAUTHORIZED' })
})

it('an undo holds for 7 days, and is then like an unknown one and swept', async () => {
  const kira = await api.person('kira')
  const change = await askFor(kira.calls, 'kira2@example.com')
  const rows = () =>
    api.db.selectFrom('emailChanges').select('undoExpiresAt').where('userId', '=', kira.user.id).execute()
  expect(((await rows())[0]!.undoExpiresAt.getTime() - Date.now()) / 86_400_000).toBeCloseTo(7, 2)
  await sql`update email_changes set undo_expires_at = now() where user_id = ${kira.user.id}`.execute(api.db)
  expect(await refusalOf(undo(change.undo))).toEqual(await refusalOf(undo('A'.repeat(43))))
  await sweepCredentials.run(api.deps, {}, { id: '1', attempt: 1, signal: new AbortController().signal })
  expect(await rows()).toEqual([])
})

it('no other link undoes a change, nor is one spent by the attempt', async () => {
  const lou = await api.person('lou')
  const change = await askFor(lou.calls, 'lou2@example.com')
  expect(await refusalOf(undo(change.confirm))).toEqual(invalid)
  expect(await refusalOf(confirm(change.undo))).toEqual(invalid)
  expect(await confirm(change.confirm)).toBeNull()
  expect(await undo(change.undo)).toBeNull()
})

it('of confirmations and undos at once the undo has the last word', async () => {
  const mia = await api.person('mia')
  const change = await askFor(mia.calls, 'mia2@example.com')
  const calls = Array.from({ length: 20 }, (_, index) =>
    index % 2 === 0 ? confirm(change.confirm) : undo(change.undo),
  )
  const outcomes = await Promise.allSettled(calls)
  const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
  expect(new Set(refusals.map(({ apiCode }) => apiCode))).toEqual(new Set(['TOKEN_INVALID']))
  expect(await (await enterByLink(mia.email)).users.me()).toMatchObject({ email: mia.email })
})

it('a confirmation that meets an undo waits for it, and neither has to begin again', async () => {
  const nora = await api.person('nora')
  const change = await askFor(nora.calls, 'nora2@example.com')
  const outcomes: Promise<unknown>[] = []
  const statements = await statementsOf(async () => {
    await api.db.transaction().execute(async (trx) => {
      await sql`select from users where id = ${nora.user.id} for update`.execute(trx)
      outcomes.push(undo(change.undo))
      await waitingBackends(1)
      outcomes.push(refusalOf(confirm(change.confirm)))
      await waitingBackends(2)
    })
    expect(await Promise.all(outcomes)).toEqual([null, invalid])
  })
  expect(statements.filter(({ text }) => text === 'begin')).toHaveLength(3)
})

const waitingBackends = (count: number) =>
  eventually(async () => expect(await lockWaiters(api)).toBeGreaterThanOrEqual(count))

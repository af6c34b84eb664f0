import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createVerifiedUser } from '../users/users.ts'
import { eventually } from '../../testing/eventually.ts'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { lockWaiters } from '../../testing/locks.ts'
import { refusalOf } from '../../testing/refusal.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

const newAddressOf = ({ user }: Person) => `new_${user.username}@example.com`

async function askFor({ calls }: Person, email: string) {
  await calls.auth.email.change({ email })
  await api.drainJobs()
}

const confirm = (email: string) => api.nobody.auth.email.confirmChange({ token: api.mailbox.tokenFor(email) })

/** Leaves an address for a new one; the change can still be undone. */
async function moved(name: string) {
  const person = await api.person(name)
  await askFor(person, newAddressOf(person))
  await confirm(newAddressOf(person))
  return { ...person, undo: api.mailbox.tokenFor(person.email) }
}

const register = (email: string, username: string) => api.nobody.users.create({ email, username, password })

const taken = { code: 'EMAIL_TAKEN', status: 409, details: { field: 'email' } }

it('nobody can register with an address whose change can still be undone, and everybody once it cannot', async () => {
  const ada = await moved('ada')
  expect(await refusalOf(register(ada.email, 'thief1'))).toMatchObject(taken)
  await sql`update email_changes set undo_expires_at = now() where user_id = ${ada.user.id}`.execute(api.db)
  expect(await register(ada.email, 'heir')).toMatchObject({ email: ada.email })
})

it('an operator cannot create an account with it either', async () => {
  const bob = await moved('bob')
  const create = createVerifiedUser(api.deps, { email: bob.email, username: 'thief2', password }, 'user')
  expect(await refusalOf(create)).toMatchObject(taken)
})

it('nobody can change to an address whose change can still be undone, and it is mailed nothing', async () => {
  const carol = await moved('carol')
  const thief = await api.person('thief3')
  const before = api.mailbox.to(carol.email).length
  expect(await thief.calls.auth.email.change({ email: carol.email })).toEqual({ ok: true })
  await api.drainJobs()
  expect(api.mailbox.to(carol.email)).toHaveLength(before)
})

it('whoever was mailed while the address was free cannot confirm it once it is left for another', async () => {
  const dora = await api.person('dora', { isVerified: false })
  const thief = await api.person('thief4')
  await askFor(thief, 'left@example.com')
  const thiefs = api.mailbox.tokenFor('left@example.com')
  await askFor(dora, 'left@example.com')
  await confirm('left@example.com')
  await askFor(dora, 'further@example.com')
  await confirm('further@example.com')
  const refusal = await refusalOf(api.nobody.auth.email.confirmChange({ token: thiefs }))
  expect(refusal).toMatchObject({ code: 'TOKEN_INVALID' })
  expect(await thief.calls.users.me()).toMatchObject({ email: thief.email })
})

it('the person whose it was may change back to it', async () => {
  const erin = await moved('erin')
  await askFor(erin, erin.email)
  await confirm(erin.email)
  expect(await erin.calls.users.me()).toMatchObject({ email: erin.email })
})

/** Lets `work` run while whatever is to be recorded waits, and then go on: what came before holds its locks. */
async function whileRecordingWaits(begin: () => Promise<unknown>, meanwhile: () => Promise<unknown>) {
  const outcomes: Promise<PromiseSettledResult<unknown>[]>[] = []
  await api.db.transaction().execute(async (trx) => {
    await sql`lock table audit_events in exclusive mode`.execute(trx)
    outcomes.push(Promise.allSettled([begin()]))
    await waitingBackends(1)
    outcomes.push(Promise.allSettled([meanwhile()]))
    await waitingBackends(2)
  })
  const [[first], [second]] = (await Promise.all(outcomes)) as [
    [PromiseSettledResult<unknown>],
    [PromiseSettledResult<unknown>],
  ]
  return { first, second }
}

const waitingBackends = (count: number) =>
  eventually(async () => expect(await lockWaiters(api)).toBeGreaterThanOrEqual(count))

it('a registration that waits for the confirmation that frees its address is refused', async () => {
  const fay = await api.person('fay')
  await askFor(fay, newAddressOf(fay))
  const { first, second } = await whileRecordingWaits(
    () => confirm(newAddressOf(fay)),
    () => register(fay.email, 'thief5'),
  )
  expect(first).toMatchObject({ status: 'fulfilled' })
  expect(second).toMatchObject({ status: 'rejected', reason: { apiCode: 'EMAIL_TAKEN' } })
})

it('a confirmation that waits for the one that frees its address is refused', async () => {
  const gail = await api.person('gail', { isVerified: false })
  const thief = await api.person('thief6')
  await askFor(thief, 'gails@example.com')
  const thiefs = api.mailbox.tokenFor('gails@example.com')
  await askFor(gail, 'gails@example.com')
  await confirm('gails@example.com')
  await askFor(gail, 'gails2@example.com')
  const { first, second } = await whileRecordingWaits(
    () => confirm('gails2@example.com'),
    () => api.nobody.auth.email.confirmChange({ token: thiefs }),
  )
  expect(first).toMatchObject({ status: 'fulfilled' })
  expect(second).toMatchObject({ status: 'rejected', reason: { apiCode: 'TOKEN_INVALID' } })
})

it('a registration that waits for an undo of the change is refused', async () => {
  const hana = await moved('hana')
  const { first, second } = await whileRecordingWaits(
    () => api.nobody.auth.email.undoChange({ token: hana.undo }),
    () => register(hana.email, 'thief7'),
  )
  expect(first).toMatchObject({ status: 'fulfilled' })
  expect(second).toMatchObject({ status: 'rejected', reason: { apiCode: 'EMAIL_TAKEN' } })
})

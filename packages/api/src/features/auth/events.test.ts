import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dumpOf } from '../../testing/dump.ts'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { rotateSigningKeys } from './signing-keys.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

const newPassword = 'Another7Horse'
const signIn = (email: string) => api.nobody.auth.signIn({ email, password, tokenInBody: true })
const newAddressOf = ({ user }: Person) => `new_${user.username}@example.com`

async function token(address: string, ask: () => Promise<unknown>) {
  await ask()
  await api.drainJobs()
  return api.mailbox.tokenFor(address)
}

const askForChange = (person: Person) => person.calls.auth.email.change({ email: newAddressOf(person) })

type Deed = () => Promise<unknown>

/** What is recorded, by its action: everything up to the deed, which is then done. */
const deeds: Record<string, (person: Person) => Promise<Deed> | Deed> = {
  'user.registered': ({ user }) => {
    const username = `${user.username}_2`
    return () => api.nobody.users.create({ email: `${username}@example.com`, username, password })
  },
  'user.updated':
    ({ calls, user }) =>
    () =>
      calls.users.update({ username: `${user.username}_2` }),
  'user.deleted':
    ({ calls }) =>
    () =>
      calls.users.delete(),
  'user.returned': async ({ calls, email }) => {
    await calls.users.delete()
    return () => signIn(email)
  },
  'session.started':
    ({ email }) =>
    () =>
      signIn(email),
  'session.reauthenticated':
    ({ calls }) =>
    () =>
      calls.auth.reauthenticate({ password }),
  'session.ended':
    ({ calls }) =>
    () =>
      calls.auth.signOut(),
  'session.others-ended': async ({ calls, email }) => {
    await signIn(email)
    return () => calls.auth.sessions.revokeOthers()
  },
  'password.reset-requested':
    ({ email }) =>
    () =>
      api.nobody.auth.password.requestReset({ email }),
  'password.reset': async ({ email }) => {
    const reset = await token(email, () => api.nobody.auth.password.requestReset({ email }))
    return () => api.nobody.auth.password.reset({ token: reset, password: newPassword })
  },
  'password.changed':
    ({ calls }) =>
    () =>
      calls.auth.password.change({ currentPassword: password, newPassword }),
  'email.verification-requested':
    ({ calls }) =>
    () =>
      calls.auth.email.resend(),
  'email.verified': async ({ calls, email }) => {
    const verify = await token(email, () => calls.auth.email.resend())
    return () => api.nobody.auth.email.verify({ token: verify })
  },
  'email.change-requested': (person) => () => askForChange(person),
  'email.changed': async (person) => {
    const confirm = await token(newAddressOf(person), () => askForChange(person))
    return () => api.nobody.auth.email.confirmChange({ token: confirm })
  },
  'email.change-undone': async (person) => {
    const undo = await token(person.email, () => askForChange(person))
    return () => api.nobody.auth.email.undoChange({ token: undo })
  },
  'export.requested':
    ({ calls }) =>
    () =>
      calls.users.export(),
  'export.downloaded': async ({ calls, email }) => {
    const download = await token(email, () => calls.users.export())
    return () => api.nobody.users.downloadExport({ token: download })
  },
  'signing-key.rotated': () => () => rotateSigningKeys(api.deps),
}

const needsUnverified = ['email.verification-requested', 'email.verified']

let count = 0

async function prepared(action: string) {
  const isVerified = !needsUnverified.includes(action)
  const person = await api.person(`person_${++count}`, { isVerified })
  const deed = await deeds[action]!(person)
  return { person, deed }
}

const actions = Object.keys(deeds)

const eventsOf = async (action: string) => {
  const { rows } = await sql<Record<string, unknown>>`
    select * from audit_events where action = ${action} order by id`.execute(api.db)
  return rows
}

it.each(actions)('%s: what cannot be recorded is not done', async (action) => {
  const { deed } = await prepared(action)
  const before = await dumpOf(api.db)
  await sql`alter table audit_events add constraint never check (false) not valid`.execute(api.db)
  try {
    await expect(deed()).rejects.toThrow()
    expect((await dumpOf(api.db)).split('\n').toSorted()).toEqual(before.split('\n').toSorted())
  } finally {
    await sql`alter table audit_events drop constraint never`.execute(api.db)
  }
  await deed()
  expect((await dumpOf(api.db)).split('\n').toSorted()).not.toEqual(before.split('\n').toSorted())
})

it.each(actions)('%s: one event says who, whom, from where and by which request', async (action) => {
  const { person, deed } = await prepared(action)
  const before = await eventsOf(action)
  await deed()
  const added = (await eventsOf(action)).slice(before.length)
  const isOperators = action === 'signing-key.rotated'
  const subjectId = isOperators ? null : action === 'user.registered' ? expect.any(String) : person.user.id
  expect(added).toMatchObject([{ result: 'success', subjectId }])
  const [{ actorId, requestId, ip, agent }] = added as [Record<string, unknown>]
  if (isOperators) return expect([actorId, requestId, ip, agent]).toEqual([null, null, null, null])
  expect(requestId).toEqual(expect.any(String))
  expect([ip, agent]).toEqual(['203.0.113.7', expect.stringContaining('Firefox')])
  // Of who only gave an address it is not known who it was.
  expect(actorId).toBe(action === 'password.reset-requested' ? null : added[0]!.subjectId)
})

const typed = { email: 'typed_by_nobody@example.com', password: 'Typed7ByMistake' }

const failures: Record<string, (person: Person) => Promise<unknown>> = {
  'session.started': ({ email }) => api.nobody.auth.signIn({ email, password: typed.password }),
  'session.reauthenticated': ({ calls }) => calls.auth.reauthenticate({ password: typed.password }),
  'password.changed': ({ calls }) =>
    calls.auth.password.change({ currentPassword: typed.password, newPassword: 'Typed8ByMistake' }),
}

it.each(Object.entries(failures))(
  '%s: a wrong password is recorded, with nothing of it',
  async (action, attempt) => {
    const person = await api.person(`person_${++count}`)
    const before = await eventsOf(action)
    await refusalOf(attempt(person))
    const added = (await eventsOf(action)).slice(before.length)
    expect(added).toMatchObject([{ result: 'failure', subjectId: person.user.id, ip: '203.0.113.7' }])
    expect(added[0]!.details).toEqual({ reason: 'INVALID_CREDENTIALS' })
    expect(JSON.stringify(added)).not.toMatch(/Typed\d/)
  },
)

it('a sign-in to an unknown address is recorded, without the address: it may be a password', async () => {
  const before = await eventsOf('session.started')
  await refusalOf(api.nobody.auth.signIn(typed))
  const added = (await eventsOf('session.started')).slice(before.length)
  expect(added).toMatchObject([{ result: 'failure', subjectId: null, actorId: null, ip: '203.0.113.7' }])
  expect(JSON.stringify(added)).not.toMatch(/typed/i)
})

it('a sign-in of somebody suspended is recorded as that', async () => {
  const ada = await api.person('ada')
  await sql`update users set suspended_at = now() where id = ${ada.user.id}`.execute(api.db)
  const before = await eventsOf('session.started')
  await refusalOf(signIn(ada.email))
  const added = (await eventsOf('session.started')).slice(before.length)
  expect(added).toMatchObject([
    { result: 'failure', subjectId: ada.user.id, details: { reason: 'ACCOUNT_SUSPENDED' } },
  ])
})

it('a reset for an unknown address is recorded nowhere', async () => {
  const before = await eventsOf('password.reset-requested')
  await api.nobody.auth.password.requestReset({ email: typed.email })
  expect(await eventsOf('password.reset-requested')).toEqual(before)
})

it('a failure that cannot be recorded is no success, and is not told as one', async () => {
  const bob = await api.person('bob')
  await sql`alter table audit_events add constraint never check (false) not valid`.execute(api.db)
  try {
    const attempt = api.nobody.auth.signIn({ email: bob.email, password: typed.password })
    expect(await refusalOf(attempt)).toMatchObject({ code: 'INTERNAL' })
  } finally {
    await sql`alter table audit_events drop constraint never`.execute(api.db)
  }
})

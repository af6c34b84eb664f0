import { createTestApi, password, type Person, type TestApi } from '@tenon/api/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestSystem, type TestSystem } from './testing/index.ts'
import { bearer, send, type Answer, type Sent } from './testing/requests.ts'

// Two servers on one database: what decides who wins can't be in a process.
let api: TestApi
let systems: TestSystem[]
beforeAll(async () => {
  api = await createTestApi()
  const secret = 'a secret that all processes share'
  api.deps.settings.appSecrets = [secret]
  const env = { DATABASE_URL: api.database.url, WORKER: 'off', APP_SECRET: secret }
  const urls = { ...env, DATABASE_DIRECT_URL: api.database.directUrl }
  systems = await Promise.all([startTestSystem({ env: urls }), startTestSystem({ env: urls })])
})
afterAll(async () => {
  expect(await Promise.all(systems.map(({ stop }) => stop()))).toEqual([0, 0])
  await api.stop()
})

/** Fifty at once, in turn to both servers. */
function fiftyTimes(ask: (index: number) => [method: string, path: string, sent: Sent]): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: 50 }, (_, index) => {
      const [method, path, sent] = ask(index)
      return send(method, `${systems[index % 2]?.url}/api/v1${path}`, sent)
    }),
  )
}

const statuses = (answers: Answer[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b)

const eventsOf = ({ user }: Person, action: string) =>
  api.db
    .selectFrom('auditEvents')
    .select('id')
    .where('subjectId', '=', user.id)
    .where('action', '=', action as never)
    .where('result', '=', 'success')
    .execute()

interface Kind {
  name: string
  /** What asks for the mail, of a person of that name. */
  ask(person: Person): Promise<unknown>
  mailedTo(person: Person): string
  path: string
  extra?: object
  status: number
  action: string
}

const newAddress = ({ user }: Person) => `new_${user.username}@example.com`
const ownAddress = ({ email }: Person) => email
const change = (person: Person) => person.calls.auth.email.change({ email: newAddress(person) })

const kinds: Kind[] = [
  {
    name: 'the confirmation of an address',
    ask: ({ calls }) => calls.auth.email.resend(),
    mailedTo: ownAddress,
    path: '/auth/email-verifications',
    status: 204,
    action: 'email.verified',
  },
  {
    name: 'a reset',
    ask: ({ email }) => api.nobody.auth.password.requestReset({ email }),
    mailedTo: ownAddress,
    path: '/auth/password-resets/redeem',
    extra: { password: 'Another8Horse' },
    status: 204,
    action: 'password.reset',
  },
  {
    name: 'a change of address',
    ask: change,
    mailedTo: newAddress,
    path: '/auth/email-changes/redeem',
    status: 204,
    action: 'email.changed',
  },
  {
    name: 'the undoing of a change',
    ask: change,
    mailedTo: ownAddress,
    path: '/auth/email-changes/undo',
    status: 204,
    action: 'email.change-undone',
  },
  {
    name: 'an export',
    ask: ({ calls }) => calls.users.export(),
    mailedTo: ownAddress,
    path: '/users/exports/redeem',
    status: 200,
    action: 'export.downloaded',
  },
]

describe('of fifty at once, over two servers, one wins:', () => {
  it.each(kinds)('$name', async ({ ask, mailedTo, path, extra, status, action }) => {
    const isVerified = action !== 'email.verified'
    const ada = await api.person(`ada_${action.replace(/\W/g, '_')}`, { isVerified })
    await ask(ada)
    await api.drainJobs()
    const body = { token: api.mailbox.tokenFor(mailedTo(ada)), ...extra }
    const answers = await fiftyTimes(() => ['POST', path, { body }])
    expect(statuses(answers)).toEqual([status, ...Array<number>(49).fill(400)])
    expect(answers.filter(({ text }) => text.includes('TOKEN_INVALID'))).toHaveLength(49)
    expect(await eventsOf(ada, action)).toHaveLength(1)
  })

  it('a registration', async () => {
    const body = { email: 'grace@example.com', username: 'grace', password }
    const answers = await fiftyTimes(() => ['POST', '/users', { body }])
    expect(statuses(answers)).toEqual([201, ...Array<number>(49).fill(409)])
    await api.drainJobs()
    expect(api.mailbox.to(body.email)).toHaveLength(1)
  })

  it('a username in any case, with an address of each', async () => {
    const body = (index: number) => ({
      email: `hopper${index}@example.com`,
      username: index % 3 ? 'Hopper' : 'hOPPER',
      password,
    })
    const answers = await fiftyTimes((index) => ['POST', '/users', { body: body(index) }])
    expect(statuses(answers)).toEqual([201, ...Array<number>(49).fill(409)])
  })
})

it('who leaves fifty times at once, over two servers, leaves once and is told once', async () => {
  const bob = await api.person('bob_who_leaves')
  const answers = await fiftyTimes(() => ['DELETE', '/users/me', { headers: bearer(bob.token) }])
  expect([204, 401]).toEqual(expect.arrayContaining([...new Set(statuses(answers))]))
  await api.drainJobs()
  expect(await eventsOf(bob, 'user.deleted')).toHaveLength(1)
  expect(api.mailbox.to(bob.email)).toHaveLength(1)
})

describe('of the last two admins, over two servers, one stays when they are taken away fifty times at once', () => {
  const admins = () =>
    api.db
      .selectFrom('users')
      .select('id')
      .where('role', '=', 'admin')
      .where('suspendedAt', 'is', null)
      .where('deletedAt', 'is', null)
      .execute()

  type Leave = (by: Person, other: Person) => [method: string, path: string, body?: object]
  const ways: [string, Leave][] = [
    ['by each other', (_by, { user }) => ['PUT', `/admin/users/${user.id}/role`, { role: 'user' }]],
    ['each by themselves', ({ user }) => ['PUT', `/admin/users/${user.id}/role`, { role: 'moderator' }]],
    ['by suspension', (_by, { user }) => ['POST', `/admin/users/${user.id}/suspend`, {}]],
    ['by leaving', () => ['DELETE', '/users/me']],
  ]

  it.each(ways)('%s', async (way, leave) => {
    await api.db.updateTable('users').set({ role: 'user' }).execute()
    const name = way.replaceAll(' ', '_')
    const ada = await api.person(`ada_${name}`, { role: 'admin' })
    const bob = await api.person(`bob_${name}`, { role: 'admin' })
    const answers = await fiftyTimes((index) => {
      // Each admin at each server.
      const [by, other] = index % 4 < 2 ? [ada, bob] : [bob, ada]
      const [method, path, body] = leave(by, other)
      return [method, path, { headers: bearer(by.token), ...(body && { body }) }]
    })
    expect(await admins()).toHaveLength(1)
    expect([200, 204, 401, 403, 409]).toEqual(expect.arrayContaining([...new Set(statuses(answers))]))
    expect(answers.some(({ status }) => status < 300)).toBe(true)
  })
})

import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { createContext } from '../../context.ts'
import { appRouter } from '../../router.ts'
import { createTestApi, plainRequest, type Caller, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { promoteUser } from '../users/users.ts'

let api: TestApi
let ada: Person
let bob: Person

beforeAll(async () => {
  api = await createTestApi({ isPatient: true })
  vi.spyOn(api.deps.hasher, 'hash').mockResolvedValue('a hash')
})

beforeEach(async () => {
  await api.db.deleteFrom('users').execute()
  ada = await api.person('ada', { role: 'admin' })
  bob = await api.person('bob', { role: 'admin' })
})

afterAll(() => api.stop())

const lastAdmin = { code: 'LAST_ADMIN', status: 409, message: 'The last admin stays.', details: {} }

const ways: [string, (person: Person) => Promise<unknown>][] = [
  ['by a role', ({ calls, user }) => calls.admin.users.setRole({ id: user.id, role: 'moderator' })],
  ['by a suspension', ({ calls, user }) => calls.admin.users.suspend({ id: user.id })],
  ['by deletion', ({ calls }) => calls.users.delete()],
  ['by an operator', ({ email }) => promoteUser(api.deps, email, 'user')],
]

it.each(ways)('the last admin does not go %s, but one of two does', async (_, leave) => {
  await leave(bob)
  expect(await refusalOf(leave(ada))).toEqual(lastAdmin)
  expect(await ada.calls.users.me()).toMatchObject({ role: 'admin' })
})

const absences: [string, () => Promise<unknown>][] = [
  ['is suspended', () => ada.calls.admin.users.suspend({ id: bob.user.id })],
  ['is deleted', () => bob.calls.users.delete()],
  ['is no admin any more', () => ada.calls.admin.users.setRole({ id: bob.user.id, role: 'moderator' })],
]

it.each(
  absences.flatMap(([absence, absent]) => ways.map(([way, leave]) => ({ absence, absent, way, leave }))),
)('an admin who $absence does not count when the last one is to go $way', async ({ absent, leave }) => {
  await absent()
  expect(await refusalOf(leave(ada))).toEqual(lastAdmin)
})

it('the last admin may be given the same role, and be restored', async () => {
  await bob.calls.users.delete()
  const { setRole, restore } = ada.calls.admin.users
  expect(await setRole({ id: ada.user.id, role: 'admin' })).toMatchObject({ role: 'admin' })
  expect(await restore({ id: ada.user.id })).toMatchObject({ suspendedAt: null })
})

it('who was the last admin may go once there is another', async () => {
  await bob.calls.users.delete()
  const lena = await api.person('lena')
  await ada.calls.admin.users.setRole({ id: lena.user.id, role: 'admin' })
  expect(await ada.calls.users.delete()).toBeNull()
  expect(await lena.calls.users.me()).toMatchObject({ role: 'admin' })
})

/** Who they are was read before any of the calls, as in requests that arrive together. */
async function admitted({ token }: Person): Promise<Caller> {
  const request = { ...plainRequest(), authorization: `Bearer ${token}` }
  return appRouter.createCaller(await createContext(api.deps, request, { setCookie: () => {} }))
}

const rounds: [string, ((calls: Caller, self: Person, other: Person) => Promise<unknown>)[]][] = [
  [
    'changes of their roles',
    [(calls, _, { user }) => calls.admin.users.setRole({ id: user.id, role: 'user' })],
  ],
  ['suspensions', [(calls, _, { user }) => calls.admin.users.suspend({ id: user.id })]],
  ['deletions', [(calls) => calls.users.delete()]],
  [
    'of everything that takes an admin away',
    [
      (calls, _, { user }) => calls.admin.users.setRole({ id: user.id, role: 'user' }),
      (calls, _, { user }) => calls.admin.users.suspend({ id: user.id }),
      (calls) => calls.users.delete(),
      (_, { email }) => promoteUser(api.deps, email, 'moderator'),
    ],
  ],
]

it.each(rounds)(
  'of the last two admins one stays after 50 %s at once, and nothing fails',
  async (_, deeds) => {
    const attempts = await Promise.all(
      Array.from({ length: 50 }, async (__, index) => {
        const [self, other] = index % 2 ? [ada, bob] : [bob, ada]
        const calls = await admitted(self)
        return () => deeds[(index >> 1) % deeds.length]!(calls, self, other)
      }),
    )
    const outcomes = await Promise.all(
      attempts.map((attempt) =>
        attempt().then(
          () => 'OK',
          (error: { apiCode?: string }) => error.apiCode,
        ),
      ),
    )
    expect(['OK', 'LAST_ADMIN', 'FORBIDDEN', 'NOT_FOUND', 'UNAUTHORIZED']).toEqual(
      expect.arrayContaining(outcomes),
    )
    expect(outcomes).toContain('OK')
    const able = await api.db
      .selectFrom('users')
      .select('username')
      .where('role', '=', 'admin')
      .where('suspendedAt', 'is', null)
      .where('deletedAt', 'is', null)
      .execute()
    expect(able).toHaveLength(1)
  },
)

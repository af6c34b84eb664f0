import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { declaredErrors } from './declared-errors.ts'
import { procedureErrors } from './features/index.ts'
import { newId } from './ids.ts'
import type { Meta } from './meta.ts'
import { unwrap } from './rest/operations.ts'
import type { Same } from './router.ts'
import { createTestApi, password, type Caller, type Person, type TestApi } from './testing/index.ts'
import { allProcedures, callByPath } from './testing/procedures.ts'
import { refusalOf } from './testing/refusal.ts'

let api: TestApi
let ada: Person

beforeAll(async () => {
  api = await createTestApi()
  // Many people, and no passwords that matter.
  vi.spyOn(api.deps.hasher, 'hash').mockResolvedValue('a hash')
  vi.spyOn(api.deps.hasher, 'verify').mockResolvedValue(false)
  ada = await api.person('ada')
})

afterAll(() => api.stop())

const id = '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44'
const token = 'A'.repeat(43)

/** Every procedure: which rung of the ladder it stands on, and an input that its schema accepts. */
const rows: Record<string, { access: Meta['access']; input?: Record<string, unknown> }> = {
  'users.create': {
    access: 'public',
    input: { email: 'new@example.com', username: 'new', password, name: 'New' },
  },
  'users.list': { access: 'user', input: { cursor: 'WyJ4Il0' } },
  'users.search': { access: 'user', input: { q: 'ada', cursor: 'WyJ4Il0' } },
  'users.get': { access: 'public', input: { id, include: 'posts' } },
  'users.me': { access: 'user' },
  'users.update': { access: 'user', input: { username: 'renamed', name: 'Renamed' } },
  'users.delete': { access: 'session' },
  'auth.signIn': { access: 'public', input: { email: 'none@example.com', password } },
  'auth.signOut': { access: 'session' },
  'auth.session': { access: 'user' },
  'auth.accessToken': { access: 'session' },
  'auth.sessions.list': { access: 'user' },
  'auth.sessions.revoke': { access: 'session', input: { id } },
  'auth.sessions.revokeOthers': { access: 'session' },
  'auth.email.verify': { access: 'public', input: { token } },
  'auth.email.resend': { access: 'user' },
  'auth.password.requestReset': { access: 'public', input: { email: 'none@example.com' } },
  'auth.password.reset': { access: 'public', input: { token, password } },
  'auth.password.change': {
    access: 'session',
    input: { currentPassword: 'Wrong7Horse', newPassword: password },
  },
  'posts.create': { access: 'user', input: { title: 'A title', body: 'A body' } },
  'posts.list': { access: 'public', input: { authorId: id, cursor: 'WyJ4Il0' } },
  'posts.get': { access: 'public', input: { id } },
  'posts.update': { access: 'user', input: { id, version: 1, title: 'A title', body: 'A body' } },
  'posts.publish': { access: 'verified', input: { id } },
  'posts.delete': { access: 'user', input: { id } },
  'posts.restore': { access: 'user', input: { id } },
}

const procedures = allProcedures()
const paths = procedures.map(({ path }) => path)

const outcomeOf = (caller: Caller, path: string, input: unknown) =>
  callByPath(caller, path, input).then(
    () => 'OK',
    (error: { apiCode?: string }) => error.apiCode,
  )

it('every procedure has a row here, and every row a procedure', () => {
  expect(Object.keys(rows).toSorted()).toEqual(paths.toSorted())
})

it.each(procedures)('$path is on its rung of the ladder', ({ path, meta }) => {
  expect(meta.access).toBe(rows[path]?.access)
})

it.each(paths)(
  '%s is for whom its rung says, and refuses others before it reads what they sent',
  async (path) => {
    const { access, input } = rows[path]!
    const isPublic = access === 'public'
    const ines = await api.person(`ines_${newId().slice(-12)}`, { isVerified: false })
    for (const given of [input, { nonsense: true }]) {
      const byNobody = await outcomeOf(api.nobody, path, given)
      expect(byNobody === 'UNAUTHORIZED').toBe(!isPublic)
      const byUnverified = await outcomeOf(ines.calls, path, given)
      expect(byUnverified === 'EMAIL_NOT_VERIFIED').toBe(access === 'verified')
    }
  },
)

it.each(paths)('%s is open to an access token unless its rung asks for the session itself', async (path) => {
  const lena = await api.person(`lena_${newId().slice(-12)}`)
  const { accessToken } = await lena.calls.auth.accessToken()
  const caller = api.callerOf({ authorization: `Bearer ${accessToken}` })
  const { access, input } = rows[path]!
  for (const given of [input, { nonsense: true }])
    expect((await outcomeOf(caller, path, given)) === 'FORBIDDEN').toBe(access === 'session')
})

it.each(paths)('%s is refused with a bearer token that is not good', async (path) => {
  const caller = api.callerOf({ authorization: `Bearer ${'a'.repeat(40)}` })
  expect(await outcomeOf(caller, path, rows[path]!.input)).toBe('UNAUTHORIZED')
})

const withInput = procedures.flatMap(({ path, input }) => {
  const object = input && unwrap(input as z.ZodType)
  return object instanceof z.ZodObject ? [{ path, shape: object.shape as Record<string, z.ZodType> }] : []
})

it('every input is an object with a shape', () => {
  expect(withInput.map(({ path }) => path)).toEqual(paths.filter((path) => rows[path]!.input))
})

it.each(withInput)('$path refuses unknown keys, and names them', async ({ path }) => {
  const call = callByPath(ada.calls, path, { ...rows[path]!.input, role: 'admin' })
  expect(await refusalOf(call)).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: { fields: { role: ['Unknown field'] } },
  })
})

const textFields = withInput.flatMap(({ path, shape }) =>
  Object.entries(shape).flatMap(([field, schema]) => {
    const bare = unwrap(schema)
    return bare instanceof z.ZodString || bare instanceof z.ZodStringFormat ? [[path, field] as const] : []
  }),
)

it('the fields that take text are found', () => {
  expect(textFields.length).toBeGreaterThan(25)
})

it.each(textFields)(
  '%s: no text in %s is stored or searched that PostgreSQL cannot hold, or is endless',
  async (path, field) => {
    const { input } = rows[path]!
    const usual = String(input?.[field])
    const bad = [`${usual}\0`, '\0', `${usual}\ud800`, `\udc00${usual}`, `${usual}${'a'.repeat(60_000)}`]
    const wrongTypes: unknown[] = [7, true, {}, [usual], { toString: 'x' }]
    for (const value of [...bad, ...wrongTypes]) {
      const refusal = await refusalOf(callByPath(ada.calls, path, { ...input, [field]: value }))
      expect(refusal).toMatchObject({
        code: 'VALIDATION_ERROR',
        details: { fields: { [field]: expect.any(Array) } },
      })
    }
  },
)

it.each(withInput)('$path refuses what is not an object', async ({ path }) => {
  for (const given of [null, 7, 'text', [], [[]]])
    expect(await refusalOf(callByPath(ada.calls, path, given))).toMatchObject({ code: 'VALIDATION_ERROR' })
})

it('codes are declared for procedures that exist, and for no others', () => {
  expect(declaredErrors('users.create')).toEqual(['EMAIL_TAKEN', 'USERNAME_TAKEN'])
  expect(declaredErrors('auth.sessions.revoke')).toEqual(['FORBIDDEN', 'NOT_FOUND'])
  for (const path of [
    'users',
    'users.nothing',
    'auth.sessions',
    'users.create.deeper',
    '__proto__',
    'constructor',
  ])
    expect(declaredErrors(path)).toEqual([])
})

it('codes are declared under the names of procedures', () => {
  const namesOf = (tree: object, prefix = ''): string[] =>
    Object.entries(tree).flatMap(([name, node]) =>
      Array.isArray(node) ? [prefix + name] : namesOf(node as object, `${prefix}${name}.`),
    )
  expect(paths).toEqual(expect.arrayContaining(namesOf(procedureErrors)))
})

it('the guard of AppRouter tells what is the same from what is nearly so', () => {
  const same: Same<{ a: 1 }, { a: 1 }> = true
  // @ts-expect-error -- a field more
  const wider: Same<{ a: 1; b?: 2 }, { a: 1 }> = true
  // @ts-expect-error -- unknown is not true
  const lost: Same<unknown, true> = true
  expect([same, wider, lost]).toEqual([true, true, true])
})

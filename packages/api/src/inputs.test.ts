import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { unwrap } from './rest/operations.ts'
import { freshName } from './testing/callers.ts'
import { procedureCalls } from './testing/calls.ts'
import { createTestApi, type Person, type TestApi } from './testing/index.ts'
import { allProcedures, callByPath } from './testing/procedures.ts'
import { refusalOf } from './testing/refusal.ts'

let api: TestApi
let ada: Person
let root: Person
const inputs: Record<string, Record<string, unknown> | undefined> = {}

beforeAll(async () => {
  api = await createTestApi()
  vi.spyOn(api.deps.hasher, 'hash').mockResolvedValue('a hash')
  vi.spyOn(api.deps.hasher, 'verify').mockResolvedValue(true)
  ada = await api.person('ada')
  // Whom every rung lets pass.
  root = await api.person('root', { role: 'admin' })
  for (const [path, { input }] of Object.entries(procedureCalls))
    inputs[path] = { ...(await input?.(api, ada)) }
})

afterAll(() => api.stop())

const procedures = allProcedures()

const withInput = procedures.flatMap(({ path, input }) => {
  const object = input && unwrap(input as z.ZodType)
  return object instanceof z.ZodObject ? [{ path, shape: object.shape as Record<string, z.ZodType> }] : []
})

const withoutInput = procedures.map(({ path }) => path).filter((path) => !procedureCalls[path]?.input)

it('every input is an object with a shape', () => {
  const given = procedures.map(({ path }) => path).filter((path) => procedureCalls[path]?.input)
  expect(withInput.map(({ path }) => path)).toEqual(given)
})

/** What somebody would add who hopes that an input is written to a row as it comes. */
const wishes: Record<string, unknown> = {
  id: '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44',
  userId: '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44',
  authorId: '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44',
  actorId: '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44',
  email: 'eve@example.com',
  role: 'admin',
  emailVerified: true,
  emailVerifiedAt: '2020-01-01T00:00:00.000Z',
  createdAt: '2020-01-01T00:00:00.000Z',
  updatedAt: '2020-01-01T00:00:00.000Z',
  suspendedAt: null,
  deletedAt: null,
  publishedAt: '2020-01-01T00:00:00.000Z',
  authenticatedAt: '2030-01-01T00:00:00.000Z',
  expiresAt: '2030-01-01T00:00:00.000Z',
  version: 1,
  password_hash: 'mine',
  passwordHash: 'mine',
  constructor: {},
}

const wholeRow = (id: string) =>
  api.db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

it.each(withInput)('$path refuses what would be nice to have, by name, and no row changes', async (entry) => {
  const { path, shape } = entry
  const before = [await wholeRow(ada.user.id), await wholeRow(root.user.id)]
  for (const [key, value] of Object.entries(wishes)) {
    if (Object.hasOwn(shape, key)) continue
    const refusal = await refusalOf(callByPath(root.calls, path, { ...inputs[path], [key]: value }))
    expect(refusal).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: { fields: { [key]: ['Unknown field'] } },
    })
  }
  expect([await wholeRow(ada.user.id), await wholeRow(root.user.id)]).toEqual(before)
})

it.each(withoutInput)('%s, which takes nothing, ignores what would be nice to have', async (path) => {
  const lena = await api.person(freshName('lena'))
  const { user, calls } = path.startsWith('admin.') ? root : lena
  const standing = async () => {
    const { updatedAt: _updated, deletedAt: _deleted, ...row } = await wholeRow(user.id)
    return row
  }
  const before = await standing()
  await callByPath(calls, path, wishes)
  expect(await standing()).toEqual(before)
})

const textFields = withInput.flatMap(({ path, shape }) =>
  Object.entries(shape).flatMap(([field, schema]) => {
    const bare = unwrap(schema)
    return bare instanceof z.ZodString || bare instanceof z.ZodStringFormat ? [[path, field] as const] : []
  }),
)

it('the fields that take text are found', () => {
  expect(textFields.length).toBeGreaterThan(45)
})

it.each(textFields)(
  '%s: no text in %s is stored or searched that PostgreSQL cannot hold, or is endless',
  async (path, field) => {
    const input = inputs[path]
    const usual = String(input?.[field])
    const bad = [`${usual}\0`, '\0', `${usual}\ud800`, `\udc00${usual}`, `${usual}${'a'.repeat(60_000)}`]
    const wrongTypes: unknown[] = [7, true, {}, [usual], { toString: 'x' }]
    for (const value of [...bad, ...wrongTypes]) {
      const refusal = await refusalOf(callByPath(root.calls, path, { ...input, [field]: value }))
      expect(refusal).toMatchObject({
        code: 'VALIDATION_ERROR',
        details: { fields: { [field]: expect.any(Array) } },
      })
    }
  },
)

it.each(withInput)('$path refuses what is not an object', async ({ path }) => {
  for (const given of [null, 7, 'text', [], [[]]])
    expect(await refusalOf(callByPath(root.calls, path, given))).toMatchObject({ code: 'VALIDATION_ERROR' })
})

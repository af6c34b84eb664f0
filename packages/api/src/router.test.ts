import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import * as z from 'zod'
import type { IncomingRequest } from './context.ts'
import { declaredErrors } from './declared-errors.ts'
import type { ErrorCode } from './error-codes.ts'
import type { Permission } from './features/auth/permissions.ts'
import { procedureErrors } from './features/index.ts'
import { newId } from './ids.ts'
import type { Meta } from './meta.ts'
import { unwrap } from './rest/operations.ts'
import type { Same } from './router.ts'
import { callers, freshName, type CallerKind } from './testing/callers.ts'
import { procedureCalls, type ProcedureCall } from './testing/calls.ts'
import { createTestApi, type TestApi } from './testing/index.ts'
import { allProcedures, callByPath, type ProcedureEntry } from './testing/procedures.ts'
import { answerTo, posted } from './testing/wire.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
  // Many people, and no passwords that matter.
  vi.spyOn(api.deps.hasher, 'hash').mockResolvedValue('a hash')
  vi.spyOn(api.deps.hasher, 'verify').mockResolvedValue(true)
  // So that no other admin is the last.
  await api.person('root', { role: 'admin' })
})

afterAll(() => api.stop())

const procedures = allProcedures()
const paths = procedures.map(({ path }) => path)
const kinds = Object.keys(callers) as CallerKind[]

const refusedWith = (code: ErrorCode, refused: CallerKind[]) => refused.map((kind) => [kind, code] as const)

const nobodies: CallerKind[] = ['nobody', 'a revoked cookie']
const badBearers: CallerKind[] = ['a revoked session', 'suspended sam']
const notRecently: CallerKind[] = ['ada, not recently', 'an admin, not recently']
const accessTokens: CallerKind[] = ["ada's access token", "an admin's access token"]

const nobodyIsRefused = refusedWith('UNAUTHORIZED', nobodies)
const sessionsAlone = [...nobodyIsRefused, ...refusedWith('FORBIDDEN', accessTokens)]

/** Whom each rung of the ladder refuses, and with what. */
const ladder: Record<Exclude<ProcedureCall['access'], 'permitted'>, (readonly [CallerKind, ErrorCode])[]> = {
  public: [],
  user: nobodyIsRefused,
  verified: [...nobodyIsRefused, ...refusedWith('EMAIL_NOT_VERIFIED', ['unverified ines'])],
  session: sessionsAlone,
  recent: [...sessionsAlone, ...refusedWith('REAUTHENTICATION_REQUIRED', notRecently)],
}

const admins: CallerKind[] = ['an admin', 'an admin, not recently']

/** Who may. A new permission that a procedure asks for needs a line here. */
const holders: Partial<Record<Permission, CallerKind[]>> = {
  'users:read': ['a moderator', ...admins],
  'users:suspend': ['a moderator', ...admins],
  'users:write': admins,
  'notifications:send': admins,
  'audit:read': admins,
  'jobs:read': admins,
  'jobs:manage': admins,
}

function refusedBy({ access, permission, isRecent }: ProcedureCall, kind: CallerKind): ErrorCode | undefined {
  if (badBearers.includes(kind)) return 'UNAUTHORIZED'
  if (access !== 'permitted') return new Map(ladder[access]).get(kind)
  if (nobodies.includes(kind)) return 'UNAUTHORIZED'
  if (!permission || !holders[permission]?.includes(kind)) return 'FORBIDDEN'
  return isRecent && notRecently.includes(kind) ? 'REAUTHENTICATION_REQUIRED' : undefined
}

function expectedOf(call: ProcedureCall, kind: CallerKind): string {
  const isOthers = call.isOwners && !kind.startsWith('ada')
  return refusedBy(call, kind) ?? (isOthers ? 'NOT_FOUND' : 'OK')
}

const outcomeOf = (request: Partial<IncomingRequest>, path: string, input: unknown) =>
  callByPath(api.callerOf(request), path, input).then(
    () => 'OK',
    (error: { apiCode?: string }) => error.apiCode,
  )

it('every procedure has a row, and every row a procedure', () => {
  expect(Object.keys(procedureCalls).toSorted()).toEqual(paths.toSorted())
})

it.each(procedures)('$path is on its rung of the ladder', ({ path, meta }) => {
  const rungOf = ({ access, permission, isRecent }: Meta) => ({ access, permission, isRecent })
  expect(rungOf(meta)).toEqual(rungOf(procedureCalls[path]!))
})

it.each(paths)('%s answers each kind of caller as its rung says', async (path) => {
  const call = procedureCalls[path]!
  const outcomes: Record<string, unknown> = {}
  for (const kind of kinds) {
    const ada = await api.person(freshName('ada'))
    const request = await callers[kind](api, ada)
    outcomes[kind] = await outcomeOf(request, path, await call.input?.(api, ada))
  }
  expect(outcomes).toEqual(Object.fromEntries(kinds.map((kind) => [kind, expectedOf(call, kind)])))
})

it.each(paths)('%s refuses whom it refuses before it reads what they sent', async (path) => {
  const call = procedureCalls[path]!
  const ada = await api.person(freshName('ada'))
  for (const kind of kinds) {
    const refusal = refusedBy(call, kind)
    if (refusal === undefined) continue
    const outcome = await outcomeOf(await callers[kind](api, ada), path, { nonsense: true })
    expect([kind, outcome]).toEqual([kind, refusal])
  }
})

const namesAnId = ({ input }: { input: unknown }) => {
  const object = input && unwrap(input as z.ZodType)
  return object instanceof z.ZodObject && Object.hasOwn(object.shape, 'id')
}

async function textOf({ path, meta }: ProcedureEntry, input: object, request: Partial<IncomingRequest>) {
  const { authorization } = request
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) }
  const isQuery = meta.rest?.startsWith('GET')
  const query = `${path}?input=${encodeURIComponent(JSON.stringify(input))}`
  const init = isQuery ? { headers } : { ...posted(input), headers }
  return (await answerTo(api.deps, isQuery ? query : path, init)).text
}

it.each(procedures.filter(namesAnId))(
  '$path tells those whom it is not for nothing of what is there: byte for byte as of what is not',
  async (procedure) => {
    const call = procedureCalls[procedure.path]!
    const ada = await api.person(freshName('ada'))
    for (const kind of kinds) {
      const there = (await call.input?.(api, ada)) ?? {}
      if (expectedOf(call, kind) === 'OK' || kind === 'a revoked cookie') continue
      const request = await callers[kind](api, ada)
      const answers = [there, { ...there, id: newId() }].map((input) => textOf(procedure, input, request))
      const [ofHers, ofNone] = await Promise.all(answers)
      expect([kind, ofHers]).toEqual([kind, ofNone])
      expect(ofHers).toMatch(/"httpStatus":40[134]}/)
    }
  },
)

it('codes are declared for procedures that exist, and for no others', () => {
  expect(declaredErrors('auth.signIn')).toEqual(['INVALID_CREDENTIALS', 'ACCOUNT_SUSPENDED'])
  expect(declaredErrors('auth.email.verify')).toEqual(['TOKEN_INVALID'])
  const none = ['users', 'users.nothing', 'auth.sessions', 'users.create.deeper', '__proto__', 'constructor']
  for (const path of none) expect(declaredErrors(path)).toEqual([])
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

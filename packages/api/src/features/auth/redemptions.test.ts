import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createContext } from '../../context.ts'
import { toFailure } from '../../errors.ts'
import { appRouter } from '../../router.ts'
import {
  createTestApi,
  plainRequest,
  silentLog,
  type Caller,
  type Person,
  type TestApi,
} from '../../testing/index.ts'
import { createPatientDatabase } from '../../testing/patient-database.ts'
import { callByPath } from '../../testing/procedures.ts'
import { answerTo, posted } from '../../testing/wire.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi({ isPatient: true })
})

afterAll(() => api.stop())

afterEach(() => vi.restoreAllMocks())

const newAddressOf = ({ user }: Person) => `new_${user.username}@example.com`

/** Every kind of mailed token: how it is asked for, where it goes, what redeems it, and where its end is kept. */
const kinds = {
  verify: {
    ask: ({ calls }: Person) => calls.auth.email.resend(),
    addressOf: ({ email }: Person) => email,
    path: 'auth.email.verify',
    expiry: 'mail_tokens.expires_at',
  },
  reset: {
    ask: ({ email }: Person) => api.nobody.auth.password.requestReset({ email }),
    addressOf: ({ email }: Person) => email,
    path: 'auth.password.reset',
    expiry: 'mail_tokens.expires_at',
  },
  change: {
    ask: (person: Person) => person.calls.auth.email.change({ email: newAddressOf(person) }),
    addressOf: newAddressOf,
    path: 'auth.email.confirmChange',
    expiry: 'mail_tokens.expires_at',
  },
  undo: {
    ask: (person: Person) => person.calls.auth.email.change({ email: newAddressOf(person) }),
    addressOf: ({ email }: Person) => email,
    path: 'auth.email.undoChange',
    expiry: 'email_changes.undo_expires_at',
  },
  export: {
    ask: ({ calls }: Person) => calls.users.export(),
    addressOf: ({ email }: Person) => email,
    path: 'users.downloadExport',
    expiry: 'exports.expires_at',
  },
}

type Kind = keyof typeof kinds
const names = Object.keys(kinds) as Kind[]

async function mailed(kind: Kind, name: string) {
  const { ask, addressOf } = kinds[kind]
  const person = await api.person(`${name}_${kind}`, { isVerified: kind !== 'verify' })
  await ask(person)
  await api.drainJobs()
  return { person, token: api.mailbox.tokenFor(addressOf(person)) }
}

const inputOf = (kind: Kind, token: string) =>
  kind === 'reset' ? { token, password: 'Another7Horse' } : { token }

const expected = [...Array.from({ length: 49 }, () => 'TOKEN_INVALID'), 'OK'].toSorted()

it.each(names)('%s: of 50 redemptions at once, over two pools, exactly one wins', async (kind) => {
  vi.spyOn(api.deps.hasher, 'hash').mockResolvedValue('a hash')
  const { token } = await mailed(kind, 'ada')
  const { url, isPooled } = api.database
  const db = createPatientDatabase({ url, log: silentLog, isPooler: isPooled })
  const other = appRouter.createCaller(() =>
    createContext({ ...api.deps, db }, plainRequest(), { setCookie: () => {} }),
  )
  const outcomeOf = (caller: Caller) =>
    callByPath(caller, kinds[kind].path, inputOf(kind, token)).then(
      () => 'OK',
      (error: unknown) => toFailure(error).apiCode,
    )
  try {
    const callers = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? api.nobody : other))
    expect((await Promise.all(callers.map(outcomeOf))).toSorted()).toEqual(expected)
  } finally {
    await db.destroy()
  }
})

it('of 50 redemptions at once of every kind, over two processes, exactly one wins', async () => {
  const processes = [startProcess(), startProcess()]
  try {
    const calls: [string, unknown, number][] = []
    for (const kind of names) {
      const { token } = await mailed(kind, 'bob')
      calls.push([kinds[kind].path, inputOf(kind, token), 25])
    }
    await Promise.all(processes.map(({ next }) => next()))
    for (const { child } of processes) child.stdin.write(`${JSON.stringify(calls)}\n`)
    const [first, second] = await Promise.all(
      processes.map(async ({ next }): Promise<string[][]> => JSON.parse(await next())),
    )
    for (const [index, kind] of names.entries())
      expect([kind, ...[...first![index]!, ...second![index]!].toSorted()]).toEqual([kind, ...expected])
  } finally {
    for (const { child } of processes) child.kill('SIGKILL')
  }
})

function startProcess() {
  const { pathname } = new URL('../../testing/redeem-process.ts', import.meta.url)
  const { url, isPooled } = api.database
  const args = [pathname, url, JSON.stringify(api.deps.settings), ...(isPooled ? ['pooler'] : [])]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, next: async () => String((await lines.next()).value) }
}

it.each(names)('%s: used, expired, unknown and malformed are one answer, byte for byte', async (kind) => {
  const redeem = (token: string) => answerTo(api.deps, kinds[kind].path, posted(inputOf(kind, token)))
  const used = await mailed(kind, 'carol')
  expect((await redeem(used.token)).status).toBe(200)
  const expired = await mailed(kind, 'dora')
  const [table, column] = kinds[kind].expiry.split('.') as [string, string]
  await sql`
    update ${sql.table(table)} set ${sql.ref(column)} = now() where user_id = ${expired.person.user.id}
    `.execute(api.db)
  const unknown = await redeem('A'.repeat(43))
  expect(unknown).toMatchObject({ status: 400, errors: [{ data: { code: 'TOKEN_INVALID', details: {} } }] })
  for (const token of [used.token, expired.token, 'x', '../..', "' or true --", '{"$ne": null}', '🗝️'])
    expect(await redeem(token)).toEqual(unknown)
})

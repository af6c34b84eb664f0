import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { inTransaction } from '../db.ts'
import type { Deps } from '../deps.ts'
import { freshName } from '../testing/callers.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, silentLog, type Person, type TestApi } from '../testing/index.ts'
import { bearer, callWithKey, newKey, type KeyedOutcome } from '../testing/keyed-calls.ts'
import { createPatientDatabase } from '../testing/patient-database.ts'
import { lay } from './answers.ts'
import { claimOf } from './claim.ts'

let api: TestApi
/** Of another server. */
let other: Deps

beforeAll(async () => {
  api = await createTestApi({ isPatient: true })
  vi.spyOn(api.deps.hasher, 'hash').mockResolvedValue('a hash')
  const { url, isPooled } = api.database
  other = { ...api.deps, db: createPatientDatabase({ url, log: silentLog, isPooler: isPooled }) }
})

afterAll(async () => {
  await other.db.destroy()
  await api.stop()
})

const draft = { title: 'A title', body: 'A body' }

const postsOf = ({ user }: Person) =>
  api.db.selectFrom('posts').select('id').where('authorId', '=', user.id).execute()

/** Of many at once, over two servers. */
const fifty = (path: string, input: object, request: object) =>
  Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      callWithKey(index % 2 === 0 ? api.deps : other, path, input, request),
    ),
  )

function expectOneEffect(outcomes: KeyedOutcome[]) {
  const done = outcomes.filter(({ code, isReplayed }) => code === 'OK' && !isReplayed)
  expect(done).toHaveLength(1)
  for (const { code, output } of outcomes)
    if (code !== 'IDEMPOTENCY_IN_FLIGHT') expect([code, output]).toEqual(['OK', done[0]?.output])
}

it('of 50 equal calls at once, over two servers, one is done; the others are told so, or to ask again', async () => {
  const ada = await api.person(freshName('ada'))
  const request = { ...bearer(ada.token), idempotencyKey: newKey() }
  expectOneEffect(await fifty('posts.create', draft, request))
  expect(await postsOf(ada)).toHaveLength(1)
})

it('of 50 equal registrations at once, over two servers, none is told that its address is taken', async () => {
  const username = freshName('new')
  const input = { email: `${username}@example.com`, username, password: 'Correct7Horse' }
  const request = { idempotencyKey: newKey() }
  expectOneEffect(await fifty('users.create', input, request))
  const again = await callWithKey(other, 'users.create', input, request)
  expect(again).toMatchObject({ code: 'OK', isReplayed: true })
  await api.drainJobs()
  expect(api.mailbox.to(input.email)).toHaveLength(1)
})

/** While it holds, what was done can not be committed: its answer waits to be written. */
async function holdAnswers() {
  const trx = await api.db.startTransaction().execute()
  await sql`lock table idempotency_keys in share mode`.execute(trx)
  return { [Symbol.asyncDispose]: () => trx.commit().execute() }
}

/** The connections whose answer waits. */
async function waiting(): Promise<number[]> {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_locks where not granted and relation = 'idempotency_keys'::regclass
      and database = (select oid from pg_database where datname = current_database())`.execute(api.db)
  return rows.map(({ pid }) => pid)
}

const untilOneWaits = () => eventually(async () => expect(await waiting()).toHaveLength(1))

it('while a call is under way, the same one is told to ask again, by every server; afterwards it is answered', async () => {
  const ada = await api.person(freshName('ada'))
  const request = { ...bearer(ada.token), idempotencyKey: newKey() }
  const call = (deps: Deps, input = draft) => callWithKey(deps, 'posts.create', input, request)
  let first: Promise<KeyedOutcome>
  {
    await using _held = await holdAnswers()
    first = call(api.deps)
    await untilOneWaits()
    for (const deps of [api.deps, other])
      expect(await call(deps)).toEqual({ code: 'IDEMPOTENCY_IN_FLIGHT', isReplayed: false })
  }
  const done = await first
  expect(done).toMatchObject({ code: 'OK', isReplayed: false })
  expect(await call(other)).toEqual({ ...done, isReplayed: true })
  expect(await postsOf(ada)).toHaveLength(1)
})

it('a server that is killed before the commit leaves neither the effect nor the key', async () => {
  const ada = await api.person(freshName('ada'))
  const request = { ...bearer(ada.token), idempotencyKey: newKey() }
  const { url, isPooled } = api.database
  const { settings } = api.deps
  const call = { url, isPooled, settings, path: 'posts.create', input: draft, ...request }
  const { pathname } = new URL('../testing/keyed-process.ts', import.meta.url)
  const child = spawn(process.execPath, [pathname, JSON.stringify(call)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  try {
    await using _held = await holdAnswers()
    await untilOneWaits()
    child.kill('SIGKILL')
    await once(child, 'exit')
  } finally {
    child.kill('SIGKILL')
  }
  const again = await eventually(async () => {
    const outcome = await callWithKey(api.deps, 'posts.create', draft, request)
    expect(outcome.code).toBe('OK')
    return outcome
  })
  expect(again.isReplayed).toBe(false)
  expect(await postsOf(ada)).toHaveLength(1)
})

it('a call that PostgreSQL has cut off commits no more, and the key is free at once', async () => {
  const ada = await api.person(freshName('ada'))
  const request = { ...bearer(ada.token), idempotencyKey: newKey() }
  let first: Promise<KeyedOutcome>
  {
    await using _held = await holdAnswers()
    first = callWithKey(api.deps, 'posts.create', draft, request)
    await untilOneWaits()
    for (const pid of await waiting()) await sql`select pg_terminate_backend(${pid})`.execute(api.db)
    expect(await first).toMatchObject({ code: 'UNAVAILABLE' })
  }
  const again = await callWithKey(other, 'posts.create', draft, request)
  expect(again).toMatchObject({ code: 'OK', isReplayed: false })
  expect(await postsOf(ada)).toHaveLength(1)
})

it('a server that hangs in a call is cut off after 30 s, behind a pooler, too', async () => {
  const claim = claimOf({ principal: null, settings: api.deps.settings }, 'users.create', newKey(), {})
  const timeout = await inTransaction(api.db, async (trx) => {
    await lay(trx, claim)
    const { rows } = await sql<{ value: string }>`
      select current_setting('idle_in_transaction_session_timeout') as value`.execute(trx)
    return rows[0]?.value
  })
  expect(timeout).toBe('30s')
})

it('a registration that is done while the same one waits for its hash is not refused for itself', async () => {
  const hash = Promise.withResolvers<string>()
  const hashing = vi.spyOn(api.deps.hasher, 'hash').mockReturnValueOnce(hash.promise)
  const username = freshName('new')
  const input = { email: `${username}@example.com`, username, password: 'Correct7Horse' }
  const request = { idempotencyKey: newKey() }
  const calls = hashing.mock.calls.length
  const late = callWithKey(api.deps, 'users.create', input, request)
  await eventually(() => expect(hashing.mock.calls.length).toBe(calls + 1))
  const done = await callWithKey(other, 'users.create', input, request)
  hash.resolve('a hash')
  expect(done).toMatchObject({ code: 'OK', isReplayed: false })
  expect(await late).toEqual({ code: 'IDEMPOTENCY_IN_FLIGHT', isReplayed: false })
  expect(await callWithKey(api.deps, 'users.create', input, request)).toEqual({ ...done, isReplayed: true })
})

it('a registration that waits for its hash keeps no connection busy', async () => {
  const hash = Promise.withResolvers<string>()
  const hashing = vi.spyOn(api.deps.hasher, 'hash').mockReturnValue(hash.promise)
  const username = freshName('new')
  const input = { email: `${username}@example.com`, username, password: 'Correct7Horse' }
  const registration = callWithKey(api.deps, 'users.create', input)
  await eventually(() => expect(hashing).toHaveBeenCalled())
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()
    `.execute(api.db)
  hash.resolve('a hash')
  expect(await registration).toMatchObject({ code: 'OK' })
  expect(rows).toEqual([])
})

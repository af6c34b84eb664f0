import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { createContext } from '../context.ts'
import { createDatabase, inTransaction } from '../db.ts'
import { declaredErrors } from '../declared-errors.ts'
import type { Deps } from '../deps.ts'
import { idempotencyErrors } from '../error-codes.ts'
import { fail } from '../errors.ts'
import { createLimits } from '../limits.ts'
import { freshName } from '../testing/callers.ts'
import { procedureCalls } from '../testing/calls.ts'
import { dumpOf } from '../testing/dump.ts'
import { createTestApi, plainRequest, recordingLog, type Person, type TestApi } from '../testing/index.ts'
import { bearer, callWithKey, newKey } from '../testing/keyed-calls.ts'
import { allProcedures } from '../testing/procedures.ts'
import { idempotent, router, userProcedure } from '../trpc.ts'
import { sweepIdempotencyKeys } from './jobs.ts'

/** The mutations that a key holds for. */
const idempotentProcedures = [
  'users.create',
  'users.follow',
  'users.unfollow',
  'users.update',
  'users.export',
  'auth.sessions.revoke',
  'auth.sessions.revokeOthers',
  'auth.email.resend',
  'auth.email.change',
  'posts.create',
  'posts.update',
  'posts.publish',
  'posts.delete',
  'posts.restore',
  'notifications.send',
  'notifications.markRead',
  'notifications.markAllRead',
  'notifications.preferences.update',
  'admin.users.suspend',
  'admin.users.restore',
  'admin.users.setRole',
  'admin.users.endSessions',
  'admin.users.sendReset',
  'admin.jobs.retry',
  'admin.jobs.retryAll',
  'admin.jobs.cancel',
  'admin.jobs.reschedule',
]

let api: TestApi
let root: Person

beforeAll(async () => {
  api = await createTestApi()
  vi.spyOn(api.deps.hasher, 'hash').mockResolvedValue('a hash')
  root = await api.person('root', { role: 'admin' })
})

afterAll(() => api.stop())

const hoursLater = (hours: number) =>
  sql`update idempotency_keys set expires_at = expires_at - ${hours} * interval '1 hour'`.execute(api.db)

/** A call that has something to do, on what is ada's, with a key. */
async function prepared(path: string) {
  const ada = await api.person(freshName('ada'))
  const row = api.db.updateTable('users').where('id', '=', ada.user.id)
  const input = await procedureCalls[path]?.input?.(api, ada)
  if (path === 'auth.email.resend') await row.set({ emailVerifiedAt: null }).execute()
  if (path === 'admin.users.restore') await row.set({ suspendedAt: new Date() }).execute()
  const owner = procedureCalls[path]?.access === 'permitted' ? root : ada
  const isPublic = procedureCalls[path]?.access === 'public'
  const request = { idempotencyKey: newKey(), ...(isPublic ? {} : bearer(owner.token)) }
  return { owner, call: (deps = api.deps) => callWithKey(deps, path, input, request) }
}

const rowsOfAllTables = async () => (await dumpOf(api.db)).split('\n').toSorted()

describe('the list of what a key holds for', () => {
  it('is that of the procedures that are declared for it', () => {
    const declared = allProcedures().filter(({ meta }) => meta.idempotent)
    expect(declared.map(({ path }) => path).toSorted()).toEqual(idempotentProcedures.toSorted())
  })

  it('has mutations alone, which declare what a key may be refused with', () => {
    for (const path of idempotentProcedures)
      expect(declaredErrors(path)).toEqual(expect.arrayContaining([...idempotencyErrors]))
    const reads = allProcedures().filter(({ meta }) => meta.rest?.startsWith('GET') && meta.idempotent)
    expect(reads).toEqual([])
  })

  it('has nothing that hands out or takes a secret but the password of a registration', () => {
    const secrets =
      /signIn|signOut|accessToken|reauthenticate|password|verify|redeem|confirm|undo|users\.delete|download/i
    expect(idempotentProcedures.filter((path) => secrets.test(path))).toEqual([])
  })
})

describe.each(idempotentProcedures)('%s', (path) => {
  it('is done once, and answered the same again', async () => {
    const { call } = await prepared(path)
    const first = await call()
    expect(first).toMatchObject({ code: 'OK', isReplayed: false })
    const rows = await rowsOfAllTables()
    expect(await call()).toEqual({ ...first, isReplayed: true })
    expect(await rowsOfAllTables()).toEqual(rows)
  })

  it('does nothing when its answer can not be kept, and the key is free again', async () => {
    const { call } = await prepared(path)
    const before = await rowsOfAllTables()
    await sql`alter table idempotency_keys add constraint closed check (false) not valid`.execute(api.db)
    const { code } = await call()
    await sql`alter table idempotency_keys drop constraint closed`.execute(api.db)
    expect(code).toBe('INTERNAL')
    expect(await rowsOfAllTables()).toEqual(before)
    expect(await call()).toMatchObject({ code: 'OK', isReplayed: false })
  })

  it('asks for no second connection while it keeps one: all that come at once would wait for each other', async () => {
    const { call } = await prepared(path)
    const { log, entries } = recordingLog()
    const { url, isPooled } = api.database
    const db = createDatabase({ url, log, isPooler: isPooled, max: 1 })
    try {
      expect(
        await call({ ...api.deps, db, log, limits: createLimits({ factor: 100, db, log }) }),
      ).toMatchObject({ code: 'OK' })
      expect(entries).toEqual([])
    } finally {
      await db.destroy()
    }
  })

  it('keeps its answer for the person that it is of', async () => {
    const { call, owner } = await prepared(path)
    const { output } = await call()
    const newest = api.db.selectFrom('idempotencyKeys').select('userId').orderBy('expiresAt', 'desc').limit(1)
    const { userId } = await newest.executeTakeFirstOrThrow()
    expect(userId).toBe(path === 'users.create' ? (output as { id: string }).id : owner.user.id)
  })
})

describe('a key', () => {
  const draft: Parameters<Person['calls']['posts']['create']>[0] = { title: 'A title', body: 'A body' }
  const create = (person: Person, input: unknown, idempotencyKey: string, path = 'posts.create') =>
    callWithKey(api.deps, path, input, { ...bearer(person.token), idempotencyKey })

  it('with another body is a mismatch; the order of its fields is none', async () => {
    const ada = await api.person(freshName('ada'))
    const key = newKey()
    const first = await create(ada, draft, key)
    expect(await create(ada, { ...draft, title: 'Another' }, key)).toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    })
    expect(await create(ada, { ...draft, publish: false }, key)).toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    })
    const turned = { body: draft.body, title: draft.title }
    expect(await create(ada, turned, key)).toEqual({ ...first, isReplayed: true })
  })

  it('is one of its user, and of its procedure', async () => {
    const [ada, bob] = [await api.person(freshName('ada')), await api.person(freshName('bob'))]
    const key = newKey()
    const ofAda = await create(ada, draft, key)
    const ofBob = await create(bob, draft, key)
    expect(ofBob).toMatchObject({ code: 'OK', isReplayed: false, output: { author: { id: bob.user.id } } })
    const { id } = ofAda.output as { id: string }
    expect(await create(ada, { id }, key, 'posts.delete')).toMatchObject({ code: 'OK', isReplayed: false })
    expect(await create(ada, draft, key)).toEqual({ ...ofAda, isReplayed: true })
  })

  it('holds for 24 hours, and then for something new', async () => {
    const ada = await api.person(freshName('ada'))
    const key = newKey()
    const first = await create(ada, draft, key)
    await hoursLater(23.9)
    expect(await create(ada, draft, key)).toMatchObject({ isReplayed: true })
    await hoursLater(0.2)
    const again = await create(ada, { ...draft, title: 'Another' }, key)
    expect(again).toMatchObject({ code: 'OK', isReplayed: false })
    expect(again.output).not.toEqual(first.output)
    expect(await create(ada, { ...draft, title: 'Another' }, key)).toEqual({ ...again, isReplayed: true })
  })

  it('is swept out after that', async () => {
    const ada = await api.person(freshName('ada'))
    await create(ada, draft, newKey())
    await hoursLater(24.1)
    const kept = await create(ada, draft, newKey())
    await sweepIdempotencyKeys.run(
      api.deps,
      {},
      { id: '1', attempt: 1, signal: new AbortController().signal },
    )
    const rows = await api.db.selectFrom('idempotencyKeys').select('answer').execute()
    expect(rows).toEqual([{ answer: JSON.stringify(kept.output) }])
  })

  it('keeps nothing of a refused input, nor of any other refusal', async () => {
    const ada = await api.person(freshName('ada'))
    const key = newKey()
    const rows = await rowsOfAllTables()
    expect(await create(ada, { ...draft, title: '' }, key)).toMatchObject({ code: 'VALIDATION_ERROR' })
    expect(await create(ada, { id: ada.user.id }, key, 'posts.delete')).toMatchObject({ code: 'NOT_FOUND' })
    expect(await rowsOfAllTables()).toEqual(rows)
    expect(await create(ada, draft, key)).toMatchObject({ code: 'OK', isReplayed: false })
  })

  it('undoes what a call had done by the time that it was refused, or gave no good answer', async () => {
    const ada = await api.person(freshName('ada'))
    const write = ({ db }: Pick<Deps, 'db'>, key: string) =>
      db.insertInto('rateLimits').values({ key, points: 1, expire: 1 }).execute()
    const failing = router({
      refused: userProcedure.concat(idempotent).mutation(async ({ ctx }) => {
        await inTransaction(ctx.db, (db) => write({ db }, 'refused'))
        throw fail('UNAVAILABLE', { retryAfterSeconds: 1 })
      }),
      wrong: userProcedure
        .concat(idempotent)
        .output(z.array(z.string()))
        .mutation(({ ctx }) => write(ctx, 'wrong').then(() => JSON.parse('[1]'))),
    })
    const request = { ...plainRequest(), ...bearer(ada.token), idempotencyKey: newKey() }
    const calls = failing.createCaller(await createContext(api.deps, request, { setCookie: () => {} }))
    await expect(calls.refused()).rejects.toThrow('busy')
    await expect(calls.wrong()).rejects.toThrow()
    const written = api.db.selectFrom('rateLimits').select('key').where('key', 'in', ['refused', 'wrong'])
    expect(await written.execute()).toEqual([])
  })

  it('is not answered to whom the session was ended, to the suspended, or to those who lost the right', async () => {
    const [ada, sam] = [await api.person(freshName('ada')), await api.person(freshName('sam'))]
    const mo = await api.person(freshName('mo'), { role: 'moderator' })
    const key = newKey()
    const suspend = () => create(mo, { id: ada.user.id }, key, 'admin.users.endSessions')
    for (const person of [ada, sam]) await create(person, draft, key)
    expect(await suspend()).toMatchObject({ code: 'OK' })
    expect(await create(ada, draft, key)).toEqual({ code: 'UNAUTHORIZED', isReplayed: false })
    await root.calls.admin.users.setRole({ id: mo.user.id, role: 'user' })
    expect(await suspend()).toEqual({ code: 'FORBIDDEN', isReplayed: false })
    await api.db.updateTable('users').set({ suspendedAt: new Date() }).where('id', '=', sam.user.id).execute()
    expect(await create(sam, draft, key)).toEqual({ code: 'UNAUTHORIZED', isReplayed: false })
  })

  it('goes with its owner', async () => {
    const ada = await api.person(freshName('ada'))
    await create(ada, draft, newKey())
    const rows = api.db.selectFrom('idempotencyKeys').select('id').where('userId', '=', ada.user.id)
    expect(await rows.execute()).toHaveLength(1)
    await api.db.deleteFrom('users').where('id', '=', ada.user.id).execute()
    expect(await rows.execute()).toEqual([])
  })

  it('is ignored where none is declared for', async () => {
    const ada = await api.person(freshName('ada'))
    const request = { ...bearer(ada.token), idempotencyKey: 'not a key' }
    const calls = await Promise.all(
      [1, 2].map(() => callWithKey(api.deps, 'auth.accessToken', undefined, request)),
    )
    expect(calls).toMatchObject([
      { code: 'OK', isReplayed: false },
      { code: 'OK', isReplayed: false },
    ])
  })

  it('is 1 to 255 visible characters', async () => {
    const ada = await api.person(freshName('ada'))
    for (const key of ['1', '"a-b"', '~'.repeat(255)])
      expect(await create(ada, draft, key)).toMatchObject({ code: 'OK' })
    for (const key of ['', ' ', 'a b', 'ä', 'a, b', 'a\n', '~'.repeat(256)])
      expect([key, (await create(ada, draft, key)).code]).toEqual([key, 'VALIDATION_ERROR'])
  })

  it('holds the largest answer that there is', async () => {
    const ada = await api.person(freshName('ada'))
    const largest = { title: '字'.repeat(200), body: '\u0001'.repeat(50_000) }
    const key = newKey()
    const first = await create(ada, largest, key)
    expect(first.code).toBe('OK')
    expect(await create(ada, largest, key)).toEqual({ ...first, isReplayed: true })
  })

  type Secrets = [string, ...string[]]
  const withSecrets = (...appSecrets: Secrets): Deps => ({
    ...api.deps,
    settings: { ...api.deps.settings, appSecrets },
  })

  it.each<[who: string, laidBy: Secrets, askedOf: Secrets]>([
    ['by its new servers', ['an old secret'], ['a new secret', 'an old secret']],
    ['by its old', ['a new secret', 'an old secret'], ['an old secret', 'a new secret']],
  ])('is known while the secret is rotated, %s', async (_who, laidBy, askedOf) => {
    const ada = await api.person(freshName('ada'))
    const call = (secrets: Secrets, input: object) =>
      callWithKey(withSecrets(...secrets), 'posts.create', input, request)
    const request = { ...bearer(ada.token), idempotencyKey: newKey() }
    const first = await call(laidBy, draft)
    expect(first).toMatchObject({ code: 'OK', isReplayed: false })
    expect(await call(askedOf, draft)).toEqual({ ...first, isReplayed: true })
    expect(await call(askedOf, { ...draft, title: 'Another' })).toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    })
  })

  it('has its body compared by the secret: with another that was guessed, nobody learns what it was', async () => {
    const ada = await api.person(freshName('ada'))
    const request = { ...bearer(ada.token), idempotencyKey: newKey() }
    await callWithKey(withSecrets('a secret'), 'posts.create', draft, request)
    expect(await callWithKey(withSecrets('an unrelated one'), 'posts.create', draft, request)).toMatchObject({
      code: 'IDEMPOTENCY_MISMATCH',
    })
  })
})

describe('a registration', () => {
  const newUser = () => {
    const username = freshName('new')
    return { email: `${username}@example.com`, username, password: 'Correct7Horse' }
  }
  const register = (input: unknown, idempotencyKey: string) =>
    callWithKey(api.deps, 'users.create', input, { idempotencyKey })

  it('is answered again to who sends the same, and to nobody else', async () => {
    const [key, input] = [newKey(), newUser()]
    const first = await register(input, key)
    expect(await register(input, key)).toEqual({ ...first, isReplayed: true })
    const guessed = { ...input, password: 'Another7Horse' }
    expect(await register(guessed, key)).toEqual({ code: 'EMAIL_TAKEN', isReplayed: false })
    expect(await register(newUser(), key)).toMatchObject({ code: 'OK', isReplayed: false })
  })

  it('is known while the secret is rotated', async () => {
    const [idempotencyKey, input] = [newKey(), newUser()]
    const first = await register(input, idempotencyKey)
    const settings = {
      ...api.deps.settings,
      appSecrets: ['a new secret', ...api.deps.settings.appSecrets] as const,
    }
    const again = await callWithKey({ ...api.deps, settings }, 'users.create', input, { idempotencyKey })
    expect(again).toEqual({ ...first, isReplayed: true })
  })

  it('takes a key of at least 128 bits', async () => {
    for (const key of ['A'.repeat(22), newKey(), `"${newKey()}"`])
      expect([key, (await register(newUser(), key)).code]).toEqual([key, 'OK'])
    for (const key of ['1', 'A'.repeat(21), `${newKey()}!`, 'A'.repeat(256)])
      expect([key, (await register(newUser(), key)).code]).toEqual([key, 'VALIDATION_ERROR'])
  })

  it('is mailed about once', async () => {
    const [key, input] = [newKey(), newUser()]
    for (let time = 0; time < 3; time++) await register(input, key)
    await api.drainJobs()
    expect(api.mailbox.to(input.email)).toHaveLength(1)
  })

  it('keeps no password', async () => {
    await register(newUser(), newKey())
    const { rows } = await sql<{ row: string }>`select k::text as row from idempotency_keys k`.execute(api.db)
    expect(rows.map(({ row }) => row).join()).not.toMatch(/Correct7Horse|a hash/)
  })
})

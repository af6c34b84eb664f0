import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inTransaction } from '../../db.ts'
import { newId } from '../../ids.ts'
import { dumpOf, holds } from '../../testing/dump.ts'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { statementsOf } from '../../testing/statements.ts'
import { sweepCredentials } from './jobs.ts'
import { LuciaAdapter } from './lucia-adapter.ts'
import { deviceOf } from './device.ts'
import { startSession } from './sessions.ts'

let api: TestApi
let ada: Person
let bob: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
})

afterAll(() => api.stop())

const callerWith = (token: string) => api.callerOf({ authorization: `Bearer ${token}` })

async function signIn({ email }: Person) {
  const { token, session } = await api.nobody.auth.signIn({ email, password, tokenInBody: true })
  return { id: session.id, token: token!, calls: callerWith(token!) }
}

/** As if this much of the session's life had passed. */
async function age(id: string, { days = 0, minutes = 0 }: { days?: number; minutes?: number }) {
  const passed = sql`make_interval(secs => ${(days * 24 * 60 + minutes) * 60})`
  await sql`
    update sessions set created_at = created_at - ${passed}, last_seen_at = last_seen_at - ${passed},
      expires_at = expires_at - ${passed}, absolute_expires_at = absolute_expires_at - ${passed}
    where id = ${id}`.execute(api.db)
}

const rowOf = (id: string) =>
  api.db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

async function writesOf(work: () => Promise<unknown>) {
  const statements = await statementsOf(work)
  return statements.map(({ text }) => text).filter((text) => /^(update|insert|delete)/i.test(text))
}

const daysFromNow = (time: Date | string) => (new Date(time).getTime() - Date.now()) / 86_400_000

it('the token is stored nowhere, in no form', async () => {
  const { token, id } = await signIn(ada)
  const dump = await dumpOf(api.db)
  expect(dump).toContain(id)
  expect(holds(dump, token)).toBe(false)
})

it('a token has 200 bits', () => {
  expect(ada.token).toMatch(/^[a-z2-7]{40}$/)
})

it('a session ends 30 days after it was last prolonged', async () => {
  const { id, calls } = await signIn(ada)
  expect(daysFromNow((await calls.auth.session()).session.expiresAt)).toBeCloseTo(30, 2)
  await age(id, { days: 29.9 })
  expect(daysFromNow((await calls.auth.session()).session.expiresAt)).toBeCloseTo(30, 2)
  await age(id, { days: 30.1 })
  expect(await refusalOf(calls.auth.session())).toMatchObject({ code: 'UNAUTHORIZED' })
})

it('in the first half of its life nothing is written, in the second half once', async () => {
  const { id, calls } = await signIn(ada)
  const read = () => calls.users.get({ id: ada.user.id })
  expect(await writesOf(read)).toEqual([])
  await age(id, { days: 14.9 })
  await sql`update sessions set last_seen_at = now() where id = ${id}`.execute(api.db)
  expect(await writesOf(read)).toEqual([])
  await age(id, { minutes: 0.2 * 24 * 60 })
  await sql`update sessions set last_seen_at = now() where id = ${id}`.execute(api.db)
  expect(await writesOf(read)).toEqual([expect.stringContaining('set "expires_at"')])
  expect(await writesOf(read)).toEqual([])
  expect(daysFromNow((await rowOf(id)).expiresAt)).toBeCloseTo(30, 2)
})

it('a session lives 90 days at most, whatever is done with it, and says so', async () => {
  const { id, calls } = await signIn(ada)
  await age(id, { days: 25 })
  await calls.auth.session()
  await age(id, { days: 25 })
  await calls.auth.session()
  await age(id, { days: 20 })
  const { session } = await calls.auth.session()
  expect(daysFromNow(session.expiresAt)).toBeCloseTo(20, 2)
  expect(daysFromNow((await rowOf(id)).expiresAt)).toBeCloseTo(20, 2)
  await age(id, { days: 20.1 })
  expect(await refusalOf(calls.auth.session())).toMatchObject({ code: 'UNAUTHORIZED' })
})

it('a session that can be prolonged no further is not written at each request', async () => {
  const { id, calls } = await signIn(ada)
  await sql`
    update sessions set expires_at = now() + interval '2 days', absolute_expires_at = now() + interval '2 days'
    where id = ${id}`.execute(api.db)
  expect(await writesOf(() => calls.users.get({ id: ada.user.id }))).toEqual([])
  expect(daysFromNow((await calls.auth.session()).session.expiresAt)).toBeCloseTo(2, 2)
})

it('when a session was last seen is written once an hour at most', async () => {
  const { id, calls } = await signIn(ada)
  const read = () => calls.users.get({ id: ada.user.id })
  await age(id, { minutes: 59 })
  expect(await writesOf(read)).toEqual([])
  await age(id, { minutes: 2 })
  const written = [
    expect.stringMatching(/^update "sessions" set "last_seen_at"/),
    expect.stringMatching(/^update "users" set "last_seen_at"/),
  ]
  expect(await writesOf(read)).toEqual(written)
  expect(await writesOf(read)).toEqual([])
  expect(daysFromNow((await rowOf(id)).lastSeenAt)).toBeCloseTo(0, 3)
})

it('the list holds my sessions, newest first, with this one marked', async () => {
  const carol = await api.person('carol')
  const newer = await signIn(carol)
  const { items, nextCursor } = await carol.calls.auth.sessions.list()
  expect(nextCursor).toBeNull()
  expect(items.map(({ id, current }) => ({ isNewer: id === newer.id, current }))).toEqual([
    { isNewer: true, current: false },
    { isNewer: false, current: true },
  ])
  expect(Object.keys(items[0]!).toSorted()).toEqual(
    ['createdAt', 'current', 'device', 'expiresAt', 'id', 'ip', 'lastSeenAt'].toSorted(),
  )
})

it('an expired session is in no list', async () => {
  const dora = await api.person('dora')
  const { id } = await signIn(dora)
  await age(id, { days: 31 })
  expect((await dora.calls.auth.sessions.list()).items).toHaveLength(1)
})

it('a session that I end is refused on its next request', async () => {
  const other = await signIn(ada)
  expect(await ada.calls.auth.sessions.revoke({ id: other.id })).toBeNull()
  expect(await refusalOf(other.calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(await ada.calls.users.me()).toMatchObject({ username: 'ada' })
})

it("another's session and a missing one are one answer, and it goes on", async () => {
  const bobs = await signIn(bob)
  const missing = await refusalOf(ada.calls.auth.sessions.revoke({ id: newId() }))
  expect(missing).toEqual({
    code: 'NOT_FOUND',
    status: 404,
    message: 'There is no such session.',
    details: {},
  })
  expect(await refusalOf(ada.calls.auth.sessions.revoke({ id: bobs.id }))).toEqual(missing)
  expect(await bobs.calls.users.me()).toMatchObject({ username: 'bob' })
})

it('an id that is none is refused', async () => {
  expect(await refusalOf(ada.calls.auth.sessions.revoke({ id: 'all' }))).toMatchObject({
    code: 'VALIDATION_ERROR',
  })
})

it('ending my other sessions ends all but this one, and no one else’s', async () => {
  const emma = await api.person('emma')
  const others = [await signIn(emma), await signIn(emma)]
  expect(await emma.calls.auth.sessions.revokeOthers()).toEqual({ revoked: 2 })
  for (const { calls } of others)
    expect(await refusalOf(calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(await emma.calls.users.me()).toMatchObject({ username: 'emma' })
  expect(await emma.calls.auth.sessions.revokeOthers()).toEqual({ revoked: 0 })
  expect(await bob.calls.users.me()).toMatchObject({ username: 'bob' })
})

it('of more than a hundred sessions the oldest end', async () => {
  const frida = await api.person('frida')
  const request = {
    id: '',
    ip: '',
    userAgent: undefined,
    authorization: undefined,
    cookie: undefined,
    mayUseCookies: true,
  }
  await inTransaction(api.db, async (trx) => {
    for (let count = 0; count < 100; count++) await startSession(trx, frida.user.id, request)
  })
  await signIn(frida)
  const { items } = await (await signIn(frida)).calls.auth.sessions.list()
  expect(items).toHaveLength(100)
  expect(await refusalOf(frida.calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
})

it('a session of somebody who was deleted meanwhile is nobody', async () => {
  const gina = await api.person('gina')
  await sql`update users set deleted_at = now() where id = ${gina.user.id}`.execute(api.db)
  expect(await refusalOf(gina.calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
})

it('the nightly sweep deletes what has expired, and nothing else', async () => {
  const { id } = await signIn(ada)
  const kept = await signIn(ada)
  await age(id, { days: 31 })
  await sweepCredentials.run(api.deps, {}, { id: '1', attempt: 1, signal: new AbortController().signal })
  const ids = (await api.db.selectFrom('sessions').select('id').execute()).map((row) => row.id)
  expect(ids).not.toContain(id)
  expect(ids).toContain(kept.id)
})

it('Lucia can end one session by its token, and is never told the tokens of others', async () => {
  const adapter = new LuciaAdapter(api.db)
  const { token, calls } = await signIn(ada)
  await adapter.deleteSession(token)
  expect(await refusalOf(calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(await adapter.getUserSessions()).toEqual([])
})

it.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
    'Safari on iOS',
  ],
  ['curl/8.5.0', 'curl'],
  ['node', 'node'],
  [' ', 'Unknown program'],
  ['', 'Unknown device'],
  [undefined, 'Unknown device'],
])('the device of %j is %s', (userAgent, device) => {
  expect(deviceOf(userAgent)).toBe(device)
})

it('an agent of ten kilobytes makes a device of a hundred letters at most', () => {
  expect(deviceOf(`${'x'.repeat(10_000)}/1.0`).length).toBeLessThanOrEqual(100)
  expect(deviceOf('<script>alert(1)</script>')).toBeTypeOf('string')
})

import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { inTransaction } from '../db.ts'
import type { Deps } from '../deps.ts'
import { freshName } from '../testing/callers.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, password, type Person, type TestApi } from '../testing/index.ts'
import { refusalOf } from '../testing/refusal.ts'
import { publishNumber, testStreams } from '../testing/streams.ts'
import { createLive, type Live } from './live.ts'
import type { Subscriber } from './open-streams.ts'

let api: TestApi
let root: Person
let deps: Deps
const streams = testStreams()
const open: typeof streams.open = (...given) => streams.open(...given)
const others: Live[] = []

beforeAll(async () => {
  api = await createTestApi()
  root = await api.person('root', { role: 'admin' })
  deps = otherServer()
})

afterEach(() => streams.leaveAll())

afterAll(async () => {
  for (const live of others) await live.stop()
  await api.stop()
})

/** As another process has them, one that looks often. */
function otherServer(checkMs = 100): Deps {
  const live = createLive({ ...api.deps, directUrl: api.database.directUrl, checkMs })
  others.push(live)
  return { ...api.deps, live }
}

const person = (name: string, options?: Parameters<TestApi['person']>[1]) =>
  api.person(freshName(name), options)

const subscriberOf = async ({ user, calls }: Person): Promise<Subscriber> => ({
  userId: user.id,
  topics: new Set(['notifications']),
  sessionId: (await calls.auth.session()).session.id,
  authenticatedAt: null,
  expiresAt: null,
})

const signInAgain = ({ email }: Person) => api.nobody.auth.signIn({ email, password, tokenInBody: true })

describe('a stream is closed soon after', () => {
  const ends: Record<string, (person: Person) => Promise<unknown>> = {
    'its session was signed out': ({ calls }) => calls.auth.signOut(),
    'its session was revoked': async ({ calls }) => {
      const { session } = await calls.auth.session()
      return calls.auth.sessions.revoke({ id: session.id })
    },
    'all others were revoked': async (ada) => {
      const { token = '' } = await signInAgain(ada)
      return api.callerOf({ authorization: `Bearer ${token}` }).auth.sessions.revokeOthers()
    },
    'its session has expired': ({ user }) =>
      api.db.updateTable('sessions').set({ expiresAt: new Date() }).where('userId', '=', user.id).execute(),
    'its person was suspended': ({ user }) => root.calls.admin.users.suspend({ id: user.id }),
    'its person was suspended by hand': ({ user }) =>
      api.db.updateTable('users').set({ suspendedAt: new Date() }).where('id', '=', user.id).execute(),
    'its person was marked as gone by hand': ({ user }) =>
      api.db.updateTable('users').set({ deletedAt: new Date() }).where('id', '=', user.id).execute(),
    'its person has left': ({ calls }) => calls.users.delete(),
    'its person was erased': ({ user }) => api.db.deleteFrom('users').where('id', '=', user.id).execute(),
    'the password was given again, as a browser has a new token then': ({ calls }) =>
      calls.auth.reauthenticate({ password }),
  }

  it.each(Object.entries(ends))('%s', async (_what, end) => {
    const [ada, bob] = [await person('ada'), await person('bob')]
    const stream = await open(deps, ada, { topics: ['notifications', 'security'] })
    const staying = await open(deps, bob)
    await end(ada)
    expect(await stream.ended).toBe('AbortError')
    expect(stream.wasCut()).toBe(false)
    await publishNumber(api, bob, 1)
    await eventually(() => expect(staying.numbers()).toEqual([1]))
  })

  it('its person may no longer read the jobs, where it brings those', async () => {
    const alan = await person('alan', { role: 'admin' })
    const stream = await open(deps, alan, { topics: ['jobs'] })
    const staying = await open(deps, alan)
    await root.calls.admin.users.setRole({ id: alan.user.id, role: 'moderator' })
    expect(await stream.ended).toBe('AbortError')
    expect(staying.isOpen()).toBe(true)
  })

  it('its access token has ended, though the session has not', async () => {
    const ada = await person('ada')
    const subscriber = await subscriberOf(ada)
    const reader = { lastEventId: undefined, signal: undefined, cut: undefined }
    const open = (expiresAt: Date | null) => deps.live.open({ ...subscriber, expiresAt }, reader)
    const soon = new Date(Date.now() + 600_000)
    const short = await open(soon)
    const long = await open(new Date(Date.now() + 600_000))
    for (const events of [short, long]) await events.next()
    soon.setTime(0)
    await expect(short.next()).rejects.toThrow('closed')
    await publishNumber(api, ada, 1)
    expect(await long.next()).toMatchObject({ done: false })
    await long.return?.()
  })

  it('not because its password was given again, where it came with an access token', async () => {
    const ada = await person('ada')
    const { accessToken } = await ada.calls.auth.accessToken()
    const stream = await open(deps, { token: accessToken })
    const byCookie = await open(deps, ada)
    await ada.calls.auth.reauthenticate({ password })
    await byCookie.ended
    await publishNumber(api, ada, 1)
    await eventually(() => expect(stream.numbers()).toEqual([1]))
  })
})

it('while the sessions are looked up they are not looked up again', async () => {
  const ada = await person('ada')
  const stream = await open(otherServer(1), ada)
  const lock = await api.db.startTransaction().execute()
  await sql`lock table sessions`.execute(lock)
  const looking = async () => {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%"sessions"%'`.execute(
      api.db,
    )
    return rows.length
  }
  try {
    await eventually(async () => expect(await looking()).toBe(1))
    for (let count = 0; count < 50; count++) await looking()
    expect(await looking()).toBe(1)
  } finally {
    await lock.rollback().execute()
  }
  await ada.calls.auth.signOut()
  expect(await stream.ended).toBe('AbortError')
})

describe('a person has at most ten streams', () => {
  const refused = { code: 'RATE_LIMITED', status: 429, details: { retryAfterSeconds: expect.any(Number) } }

  it('on all servers together, and another when one was left', async () => {
    const [ada, bob, elsewhere] = [await person('ada'), await person('bob'), otherServer()]
    const servers = Array.from({ length: 10 }, (_, n) => (n % 2 ? elsewhere : deps))
    const ten = await Promise.all(servers.map((each) => open(each, ada)))
    for (const each of [deps, elsewhere]) expect(await refusalOf(open(each, ada))).toMatchObject(refused)
    await open(deps, bob)
    ten[0]?.leave()
    await eventually(() => open(elsewhere, ada))
    expect(await refusalOf(open(deps, ada))).toMatchObject(refused)
  })

  it('also when they are opened at once', async () => {
    const [ada, elsewhere] = [await person('ada'), otherServer()]
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) => open(n % 2 ? elsewhere : deps, ada)),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
  })

  it('though a free one is taken by another server while it is asked for', async () => {
    const ada = await person('ada')
    const trx = await api.db.startTransaction().execute()
    await sql`
      insert into live_streams
      select ${ada.user.id}, slot, gen_random_uuid(), now() + interval '1 minute' from generate_series(1, 10) slot
      `.execute(trx)
    const asking = refusalOf(open(deps, ada))
    const waiting = sql`
      select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%live_streams%'`
    await eventually(async () => expect((await waiting.execute(api.db)).rows).not.toEqual([]))
    await trx.commit().execute()
    expect(await asking).toMatchObject(refused)
  })

  it('of which those of a process that died count no more after a while', async () => {
    const [ada, dying] = [await person('ada'), otherServer(60_000)]
    for (let n = 0; n < 10; n++) await open(dying, ada)
    expect(await refusalOf(open(deps, ada))).toMatchObject(refused)
    await sql`update live_streams set until = now()`.execute(api.db)
    await Promise.all(Array.from({ length: 10 }, () => open(deps, ada)))
  })

  it('and keeps them while its process lives', async () => {
    const ada = await person('ada')
    await open(deps, ada)
    const until = async () => {
      const rows = api.db.selectFrom('liveStreams').select('until').where('userId', '=', ada.user.id)
      return (await rows.executeTakeFirst())?.until.getTime()
    }
    const before = await until()
    await eventually(async () => expect(await until()).toBeGreaterThan(before ?? Infinity))
    await api.db.deleteFrom('liveStreams').execute()
    await eventually(async () => expect(await until()).toBeDefined())
  })

  // On a server that renews its places seldom enough.
  it('also when a crash of PostgreSQL has emptied the table, and others keep theirs', async () => {
    const [ada, bob] = [await person('ada'), await person('bob')]
    for (const each of [ada, ada, ada, bob]) await open(api.deps, each)
    await sql`truncate live_streams`.execute(api.db)
    await Promise.all(Array.from({ length: 7 }, () => open(api.deps, ada)))
    await eventually(async () => expect([await taken(ada), await taken(bob)]).toEqual([10, 1]))
    expect(await refusalOf(open(api.deps, ada))).toMatchObject(refused)
  })

  it('that are refused take no place', async () => {
    const ada = await person('ada')
    for (let n = 0; n < 12; n++)
      await refusalOf(ada.calls.live.stream({ topics: ['notifications'], lastEventId: 'x' }))
    await open(deps, ada)
    expect(await taken(ada)).toBe(1)
  })

  it('and one that could not begin takes none', async () => {
    const ada = await person('ada')
    await sql`alter table live_events rename to away`.execute(api.db)
    const failing = ada.calls.live.stream({ topics: ['notifications'] })
    expect(await refusalOf(failing)).toMatchObject({ code: 'INTERNAL' })
    await sql`alter table away rename to live_events`.execute(api.db)
    await eventually(async () => expect(await taken(ada)).toBe(0))
  })

  it('and none is left behind by who never read theirs', async () => {
    const ada = await person('ada')
    const gone = new AbortController()
    const subscriber = await subscriberOf(ada)
    const reader = { lastEventId: undefined, signal: gone.signal, cut: undefined }
    const unread = await deps.live.open(subscriber, reader)
    expect(await taken(ada)).toBe(1)
    gone.abort()
    await eventually(async () => expect(await taken(ada)).toBe(0))
    await expect(unread.next()).rejects.toThrow('closed')
    await deps.live.open(subscriber, reader)
    await eventually(async () => expect(await taken(ada)).toBe(0))
  })

  async function taken({ user }: Person) {
    const rows = await api.db.selectFrom('liveStreams').select('slot').where('userId', '=', user.id).execute()
    return rows.length
  }
})

describe('who does not read', () => {
  /** Stops reading behind the first event that happens. */
  async function stalled(ada: Person) {
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const stream = await open(deps, ada, {
      beforeNext: async ({ topic }) => (topic === 'stream' ? undefined : held),
    })
    await publishNumber(api, ada, 0)
    await eventually(() => expect(stream.numbers()).toEqual([0]))
    return { stream, release }
  }

  const publishMany = (ada: Person, count: number, text: string) =>
    inTransaction(api.db, (trx) =>
      sql`
        with events as (
          insert into live_events (topic, user_id, kind, data)
          select 'notifications', ${ada.user.id}, 'test.happened', jsonb_build_object('n', n, 'text', ${text}::text)
          from generate_series(1, ${count}::int) n)
        select pg_notify('tenon_live', '')`.execute(trx),
    )

  it.each([
    ['a thousand events', 1_001, ''],
    ['a megabyte', 200, 'x'.repeat(7_000)],
  ])('is left behind after %s, and brought up to date when they come back', async (_what, count, text) => {
    const ada = await person('ada')
    const { stream, release } = await stalled(ada)
    const reading = await open(deps, ada)
    await publishMany(ada, count, text)
    await eventually(() => expect(stream.wasCut()).toBe(true))
    release()
    expect(await stream.ended).toBe('AbortError')
    expect(stream.numbers()).toEqual([0])
    const next = await open(deps, ada, { lastEventId: stream.lastId() })
    await eventually(() => expect(next.numbers()).toHaveLength(count))
    expect(reading.isOpen()).toBe(true)
  })

  it('is cut off when the session ends', async () => {
    const ada = await person('ada')
    const { stream, release } = await stalled(ada)
    await ada.calls.auth.signOut()
    await eventually(() => expect(stream.wasCut()).toBe(true))
    release()
    expect(await stream.ended).toBe('AbortError')
  })

  it('is cut off, too, where the next event was asked for ahead, and no harm comes of what nobody awaits', async () => {
    const ada = await person('ada')
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const gone = new AbortController()
    const cut = vi.fn()
    const events = await deps.live.open(await subscriberOf(ada), {
      lastEventId: undefined,
      signal: gone.signal,
      cut,
    })
    await events.next()
    void events.next()
    await ada.calls.auth.signOut()
    await eventually(() => expect(cut).toHaveBeenCalledOnce())
    await new Promise(setImmediate)
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('but who has read to its end and is gone is not', async () => {
    const ada = await person('ada')
    const cut = vi.fn()
    const gone = new AbortController()
    const reader = { lastEventId: undefined, signal: gone.signal, cut }
    const events = await deps.live.open(await subscriberOf(ada), reader)
    const unread = await deps.live.open(await subscriberOf(ada), {
      ...reader,
      signal: new AbortController().signal,
      cut: vi.fn(() => lastCut()),
    })
    const { promise: othersCut, resolve: lastCut } = Promise.withResolvers<void>()
    for (const each of [events, unread]) await each.next()
    const ended = events.next().catch(() => gone.abort())
    void unread.next()
    await ada.calls.auth.signOut()
    await ended
    await othersCut
    expect(cut).not.toHaveBeenCalled()
  })
})

it('a process that stops ends its streams at once, gives their places back, and takes no more', async () => {
  const [ada, stopping] = [await person('ada'), otherServer()]
  const stream = await open(stopping, ada)
  await stopping.live.stop()
  expect(await stream.ended).toBe('AbortError')
  expect(await refusalOf(open(stopping, ada))).toMatchObject({ code: 'UNAVAILABLE' })
  const rows = await api.db
    .selectFrom('liveStreams')
    .select('slot')
    .where('userId', '=', ada.user.id)
    .execute()
  expect(rows).toEqual([])
})

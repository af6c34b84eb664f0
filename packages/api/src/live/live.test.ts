import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase, inTransaction } from '../db.ts'
import { record } from '../audit/record.ts'
import { createTestApi, password, type Person, type TestApi } from '../testing/index.ts'
import { refusalOf } from '../testing/refusal.ts'
import { eventually, publishNumber, testStreams } from '../testing/streams.ts'
import { sweepEvents } from './jobs.ts'

let api: TestApi
let ada: Person
let bob: Person
let root: Person
const streams = testStreams()
const open: typeof streams.open = (...given) => streams.open(...given)

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
  root = await api.person('root', { role: 'admin' })
})

afterEach(() => streams.leaveAll())

afterAll(() => api.stop())

const publish = (n: number, person = ada) => publishNumber(api, person, n)

it('a stream begins with an id to come back with, and then brings what happens', async () => {
  const stream = await open(api.deps, ada)
  const id = expect.stringMatching(/^\d+-\d+$/)
  const at = expect.any(String)
  expect(stream.events).toEqual([{ id, topic: 'stream', kind: 'stream.opened', data: {}, at }])
  await publish(1)
  await eventually(() => expect(stream.numbers()).toEqual([1]))
  const told = { topic: 'notifications', kind: 'test.happened', data: { n: 1 } }
  expect(stream.events[1]).toEqual({ id, at, ...told })
})

it('what happened before is not told to who comes for the first time', async () => {
  await publish(1)
  const stream = await open(api.deps, ada)
  await publish(2)
  await eventually(() => expect(stream.numbers()).toEqual([2]))
})

it('what is rolled back never happened', async () => {
  const stream = await open(api.deps, ada)
  const failing = inTransaction(api.db, async (trx) => {
    await record(trx, api.deps, { action: 'user.updated', subjectId: ada.user.id })
    throw new Error('rolled back')
  })
  await expect(failing).rejects.toThrow('rolled back')
  await publish(1)
  await eventually(() => expect(stream.numbers()).toEqual([1]))
})

it('a row that no release of ours wrote is left out, and what comes behind it is not', async () => {
  const stream = await open(api.deps, ada)
  for (const row of [sql`'weather', '{}'`, sql`'notifications', '[1]'`])
    await sql`insert into live_events (user_id, kind, topic, data) select ${ada.user.id}, 'x', ${row}`.execute(
      api.db,
    )
  await publish(1)
  await eventually(() => expect(stream.numbers()).toEqual([1]))
})

describe('who comes back', () => {
  it('is told what was missed, each event once and in order, and then what is new', async () => {
    const first = await open(api.deps, ada)
    await publish(1)
    await eventually(() => expect(first.numbers()).toEqual([1]))
    first.leave()
    await first.ended
    for (const n of [2, 3, 4]) await publish(n)
    await publish(9, bob)
    const second = await open(api.deps, ada, { lastEventId: first.lastId() })
    await publish(5)
    await eventually(() => expect(second.numbers()).toEqual([2, 3, 4, 5]))
    expect(second.events.map(({ topic }) => topic)).not.toContain('stream')
  })

  it('is told so, too, of what came behind the first id', async () => {
    const first = await open(api.deps, ada)
    first.leave()
    await publish(1)
    const second = await open(api.deps, ada, { lastEventId: first.lastId() })
    await eventually(() => expect(second.numbers()).toEqual([1]))
  })

  it('to a log that was empty misses nothing', async () => {
    await sql`delete from live_events`.execute(api.db)
    const first = await open(api.deps, ada)
    expect(first.lastId()).toMatch(/^\d+-0-\d+$/)
    first.leave()
    await publish(1)
    const second = await open(api.deps, ada, { lastEventId: first.lastId() })
    await eventually(() => expect(second.numbers()).toEqual([1]))
  })

  it('after more than a page is told all of it', async () => {
    const first = await open(api.deps, ada)
    first.leave()
    await inTransaction(api.db, (trx) =>
      sql`
        insert into live_events (topic, user_id, kind, data)
        select 'notifications', ${ada.user.id}, 'test.happened', jsonb_build_object('n', n) from generate_series(1, 450) n
        `.execute(trx),
    )
    const second = await open(api.deps, ada, { lastEventId: first.lastId() })
    await publish(451)
    await eventually(() => expect(second.numbers()).toEqual(Array.from({ length: 451 }, (_, n) => n + 1)))
  })

  it.each([
    ['an event that is swept', async () => `${await transactionId()}-1`],
    ['an event of a time that is not yet', async () => `${(await transactionId()) + 10_000n}-1`],
    ['an empty log of long ago', async () => `1-0-${Math.floor(Date.now() / 1000) - 23 * 3600 - 1}`],
    [
      'an empty log of a time that is not yet',
      async () => `${(await transactionId()) + 10_000n}-0-2000000000`,
    ],
    ['the end of all numbers', async () => `${2n ** 64n - 1n}-${2n ** 63n - 1n}`],
  ])('with %s is told to read the state again, and goes on from there', async (_what, idOf) => {
    const stream = await open(api.deps, ada, { lastEventId: await idOf() })
    await eventually(() => expect(stream.events).toMatchObject([{ topic: 'stream', kind: 'stream.reset' }]))
    stream.leave()
    await publish(1)
    const next = await open(api.deps, ada, { lastEventId: stream.lastId() })
    await eventually(() => expect(next.numbers()).toEqual([1]))
  })

  async function transactionId() {
    const { rows } = await sql<{ id: string }>`select pg_current_xact_id()::text as id`.execute(api.db)
    return BigInt(rows[0]!.id)
  }

  it.each(['x', '1', '1-', '-1', '1-2-', '1-2-3-4', ' 1-2', '1-2\n', `${2n ** 64n}-1`, `1-${2n ** 63n}`])(
    'with an id that was never given is refused: %j',
    async (lastEventId) => {
      const call = ada.calls.live.stream({ topics: ['notifications'], lastEventId })
      expect(await refusalOf(call)).toMatchObject({ code: 'CURSOR_INVALID', status: 400 })
    },
  )
})

describe('events are for whom they concern:', () => {
  const topics = ['notifications', 'posts', 'security'] as const

  it('a notification is for its person, on each of their streams that asked for it', async () => {
    const [one, other] = [await open(api.deps, ada), await open(api.deps, ada, { topics: [...topics] })]
    const posts = await open(api.deps, ada, { topics: ['posts'] })
    const others = await open(api.deps, bob, { topics: [...topics] })
    await publish(1)
    await publish(2, bob)
    await eventually(() => expect(others.numbers()).toEqual([2]))
    await eventually(() => expect([one.numbers(), other.numbers()]).toEqual([[1], [1]]))
    expect(posts.numbers()).toEqual([])
  })

  it('one for nobody is for nobody', async () => {
    const stream = await open(api.deps, ada, { topics: [...topics] })
    for (const topic of topics) await publishNumber(api, ada, 1, { topic, userId: null })
    await publish(2)
    await eventually(() => expect(stream.numbers()).toEqual([2]))
  })

  it('a post is for those who follow its author at that moment, and for nobody else', async () => {
    const topics = ['posts', 'notifications'] as const
    const stream = await open(api.deps, ada, { topics: [...topics] })
    const own = await open(api.deps, bob, { topics: [...topics] })
    /** What is told of a post of bob's, until it was seen that it was told. */
    const tellAll = async (n: number) => {
      await publishNumber(api, bob, n, { topic: 'posts' })
      await publish(n + 0.5)
      await eventually(() => expect(stream.numbers()).toContain(n + 0.5))
    }
    await tellAll(1)
    await follow(ada, bob)
    await tellAll(2)
    await unfollow(ada)
    await tellAll(3)
    await follow(ada, bob)
    await tellAll(4)
    expect(stream.numbers()).toEqual([1.5, 2, 2.5, 3.5, 4, 4.5])
    await publish(5, bob)
    await eventually(() => expect(own.numbers()).toEqual([5]))

    const lastEventId = stream.events[0]?.id
    const next = await open(api.deps, ada, { topics: ['posts'], lastEventId })
    await eventually(() => expect(next.numbers()).toEqual([1, 2, 3, 4]))
    await unfollow(ada)
    const last = await open(api.deps, ada, { topics: [...topics], lastEventId })
    await eventually(() => expect(last.numbers()).toEqual([1.5, 2.5, 3.5, 4.5]))
  })

  const follow = (person: Person, whom: Person) =>
    api.db.insertInto('follows').values({ followerId: person.user.id, followeeId: whom.user.id }).execute()
  const unfollow = (person: Person) =>
    api.db.deleteFrom('follows').where('followerId', '=', person.user.id).execute()

  it('what happens to an account is told to its person: what, and how it went', async () => {
    const eve = await api.person('eve')
    const stream = await open(api.deps, eve, { topics: ['security'] })
    const others = await open(api.deps, ada, { topics: ['security'] })
    await api.nobody.auth.signIn({ email: eve.email, password, tokenInBody: true })
    const wrong = api.nobody.auth.signIn({ email: eve.email, password: 'Wrong7Horse', tokenInBody: true })
    await refusalOf(wrong)
    await api.nobody.auth.password.requestReset({ email: eve.email })
    await root.calls.admin.users.setRole({ id: eve.user.id, role: 'moderator' })
    const { items } = await eve.calls.auth.events({ limit: 4 })
    const told = items.toReversed().map(({ id: eventId, action, result }) => [action, { eventId, result }])
    await eventually(() => expect(stream.events.slice(1).map(({ kind, data }) => [kind, data])).toEqual(told))
    expect(told.map(([action]) => action)).toEqual([
      'session.started',
      'session.started',
      'password.reset-requested',
      'user.role-changed',
    ])
    expect(others.numbers()).toEqual([])
    expect(others.events).toHaveLength(1)
  })

  it('jobs are for those who may read them', async () => {
    const stream = await open(api.deps, root, { topics: ['jobs'] })
    await publishNumber(api, ada, 1, { topic: 'jobs', userId: null })
    await eventually(() => expect(stream.numbers()).toEqual([1]))
    stream.leave()
    await publishNumber(api, ada, 2, { topic: 'jobs', userId: null })
    const next = await open(api.deps, root, { topics: ['jobs'], lastEventId: stream.lastId() })
    await eventually(() => expect(next.numbers()).toEqual([2]))
    const { accessToken } = await root.calls.auth.accessToken()
    const byToken = api.callerOf({ authorization: `Bearer ${accessToken}` })
    for (const calls of [ada.calls, byToken]) {
      const refusal = await refusalOf(calls.live.stream({ topics: ['notifications', 'jobs'] }))
      expect(refusal).toMatchObject({ code: 'FORBIDDEN' })
    }
  })
})

describe('what commits late', () => {
  it('is neither skipped nor told twice, and holds back what began after it', async () => {
    const stream = await open(api.deps, ada)
    const slow = await begun(1)
    const quick = await begun(2)
    await quick.commit().execute()
    await publish(3)
    await publish(4, bob)
    const others = await open(api.deps, ada, { lastEventId: stream.lastId() })
    expect(stream.numbers()).toEqual([])
    await slow.commit().execute()
    await eventually(() => expect(stream.numbers()).toEqual([1, 2, 3]))
    await eventually(() => expect(others.numbers()).toEqual([1, 2, 3]))
  })

  it('or never, holds nothing back for longer', async () => {
    const stream = await open(api.deps, ada)
    const slow = await begun(1)
    await publish(2)
    await slow.rollback().execute()
    await eventually(() => expect(stream.numbers()).toEqual([2]))
  })

  it(
    'in any order is told to all in the same, each event once, however often they come back',
    { timeout: 60_000 },
    async () => {
      const rounds = 15
      const steady = await open(api.deps, ada)
      const seen: unknown[] = []
      let lastEventId = steady.lastId()
      for (let round = 0; round < rounds; round++) {
        const stream = await open(api.deps, ada, { lastEventId })
        const numbers = Array.from({ length: 8 }, (_, n) => round * 8 + n)
        const transactions = await Promise.all(numbers.map(begun))
        const shuffled = transactions.toSorted(() => Math.random() - 0.5)
        for (const transaction of shuffled.slice(0, 5)) await transaction.commit().execute()
        stream.leave()
        await stream.ended
        seen.push(...stream.numbers())
        lastEventId = stream.lastId() || lastEventId
        for (const transaction of shuffled.slice(5)) await transaction.commit().execute()
      }
      await eventually(() => expect(steady.numbers()).toHaveLength(rounds * 8))
      const rest = await open(api.deps, ada, { lastEventId })
      await eventually(() => expect([...seen, ...rest.numbers()]).toEqual(steady.numbers()))
      expect(new Set(steady.numbers()).size).toBe(rounds * 8)
    },
  )

  /** A transaction that has told something, and has not ended. */
  async function begun(n: number) {
    const trx = await writers.startTransaction().execute()
    await sql`
      insert into live_events (topic, user_id, kind, data)
      values ('notifications', ${ada.user.id}, 'test.happened', ${JSON.stringify({ n })})`.execute(trx)
    await sql`select pg_notify('tenon_live', '')`.execute(trx)
    return trx
  }

  let writers: ReturnType<typeof createDatabase>
  beforeAll(() => void (writers = createDatabase({ url: api.database.directUrl, log: api.deps.log })))
  afterAll(() => writers.destroy())
})

it('streams that come while events do are told each one once', { timeout: 60_000 }, async () => {
  const first = await open(api.deps, ada)
  first.leave()
  const last = 1_500
  let n = 0
  const publishing = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (n < last) await publish(++n)
    }),
  )
  const people = await Promise.all(
    Array.from({ length: 9 }, async () => {
      await eventually(() => expect(n).toBeGreaterThan(Math.random() * last * 0.9))
      return open(api.deps, ada, { lastEventId: first.lastId() })
    }),
  )
  await publishing
  for (const stream of people) {
    await eventually(() => expect(stream.numbers().length).toBeGreaterThanOrEqual(n))
    expect(stream.numbers()).toEqual(people[0]?.numbers())
    expect(new Set(stream.numbers()).size).toBe(n)
    expect(stream.numbers()).toHaveLength(n)
  }
})

it('events are kept for a day', async () => {
  await sql`delete from live_events`.execute(api.db)
  for (const n of [1, 2, 3]) await publish(n)
  await sql`update live_events set at = now() - interval '24 hours' where data ->> 'n' < '3'`.execute(api.db)
  await sql`
    insert into live_streams values
      (${ada.user.id}, 9, ${ada.user.id}, now() - interval '2 minutes'), (${ada.user.id}, 10, ${ada.user.id}, now())
    `.execute(api.db)
  await sweepEvents.run(api.deps, {}, { id: '1', attempt: 1, signal: new AbortController().signal })
  const { rows } = await sql<{ data: unknown }>`select data from live_events`.execute(api.db)
  expect(rows).toEqual([{ data: { n: 3 } }])
  const ofTheDead = api.db.selectFrom('liveStreams').select('slot').where('serverId', '=', ada.user.id)
  expect(await ofTheDead.execute()).toEqual([{ slot: 10 }])
})

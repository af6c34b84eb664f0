import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, password, type Person, type TestApi } from '../testing/index.ts'
import { refusalOf } from '../testing/refusal.ts'
import { publishNumber, testStreams } from '../testing/streams.ts'
import { publish as publishLive } from './publish.ts'

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
  await follow(root, bob)
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
  await follow(ada, root)
  const last = await open(api.deps, ada, { topics: [...topics], lastEventId })
  await eventually(() => expect(last.numbers()).toEqual([1.5, 2.5, 3.5, 4.5]))
})

const follow = (person: Person, whom: Person) =>
  api.db.insertInto('follows').values({ followerId: person.user.id, followeeId: whom.user.id }).execute()
const unfollow = (person: Person) =>
  api.db.deleteFrom('follows').where('followerId', '=', person.user.id).execute()

it('who comes while it is being asked who follows is told, too', async () => {
  const carol = await api.person('carol')
  await api.db.deleteFrom('follows').execute()
  for (const person of [ada, carol]) await follow(person, bob)
  const here = await open(api.deps, ada, { topics: ['posts'] })
  await publish(0)
  const subscriber = {
    userId: carol.user.id,
    topics: new Set(['posts' as const]),
    sessionId: (await carol.calls.auth.session()).session.id,
    authenticatedAt: null,
    expiresAt: null,
  }
  const reader = { lastEventId: undefined, signal: undefined, cut: undefined }
  const coming = await api.deps.live.open(subscriber, reader)
  expect(await coming.next()).toMatchObject({ done: false })

  const post = await api.db.startTransaction().execute()
  await publishLive(post, { topic: 'posts', kind: 'test.happened', userId: bob.user.id, data: { n: 1 } })
  // Younger than what it is to hold up: it would hold that back.
  const lock = await api.db.startTransaction().execute()
  await sql`lock table follows`.execute(lock)
  await post.commit().execute()
  const waiting = sql`
    select 1 from pg_locks where not granted and relation = 'follows'::regclass
      and database = (select oid from pg_database where datname = current_database())`
  await eventually(async () => expect((await waiting.execute(api.db)).rows).not.toEqual([]))
  const next = coming.next()
  await new Promise(setImmediate)
  await lock.rollback().execute()
  expect((await next).value).toMatchObject({ 1: { data: { n: 1 } } })
  await eventually(() => expect(here.numbers()).toEqual([1]))
  await coming.return?.()
})

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

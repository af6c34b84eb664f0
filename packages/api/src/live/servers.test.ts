import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createDatabase, type DatabaseOptions } from '../db.ts'
import type { Deps } from '../deps.ts'
import { eventually } from '../testing/eventually.ts'
import { databaseUrl, onServer } from '../testing/global-setup.ts'
import { createTestApi, startTestProxy, type Person, type TestApi, type TestProxy } from '../testing/index.ts'
import { publishNumber, testStreams } from '../testing/streams.ts'
import { createLive } from './live.ts'

let api: TestApi
let ada: Person
let proxy: TestProxy
const streams = testStreams()
const stops: (() => Promise<void>)[] = []

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  proxy = await startTestProxy(api.database.directUrl)
})

afterEach(() => streams.leaveAll())

afterAll(async () => {
  for (const stop of stops) await stop()
  await api.stop()
  proxy.stop()
})

/** As another process has them, with its own way to the database. */
function server(url = proxy.url, options: Partial<DatabaseOptions> = {}): Deps {
  const { log } = api.deps
  const db = createDatabase({ url, log, ...options })
  const live = createLive({ db, directUrl: url, log })
  stops.push(async () => {
    await live.stop()
    await db.destroy()
  })
  return { ...api.deps, db, live }
}

const listeners = async () => {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity
    where datname = current_database() and application_name = 'tenon-live' and query ilike 'listen%'`.execute(
    api.db,
  )
  return rows.map(({ pid }) => pid)
}

it('what happens on one server is told on the other', async () => {
  const [one, other] = [server(), server()]
  const [first, second] = [await streams.open(one, ada), await streams.open(other, ada)]
  for (const n of [1, 2, 3, 4]) await publishNumber(n % 2 ? one : other, ada, n)
  for (const stream of [first, second]) await eventually(() => expect(stream.numbers()).toEqual([1, 2, 3, 4]))
})

it('a process listens on one connection, from its first stream on', async () => {
  const before = await listeners()
  const one = server()
  expect(await listeners()).toEqual(before)
  for (let n = 0; n < 5; n++) await streams.open(one, ada)
  await eventually(async () => expect(await listeners()).toHaveLength(before.length + 1))
})

// Without word each of them would come 3 s later, with the next look.
it('word of an event comes by itself, and is not waited for', { timeout: 45_000 }, async () => {
  const stream = await streams.open(server(), ada)
  for (let n = 1; n <= 40; n++) {
    await publishNumber(api, ada, n)
    await eventually(() => expect(stream.numbers()).toHaveLength(n))
  }
})

it('an event of which no word came is told all the same', async () => {
  const stream = await streams.open(server(), ada)
  await sql`
    insert into live_events (topic, user_id, kind, data)
    values ('notifications', ${ada.user.id}, 'test.happened', '{"n": 1}')`.execute(api.db)
  await eventually(() => expect(stream.numbers()).toEqual([1]))
})

it('who was left by one server is brought on by another', async () => {
  const [one, other] = [server(), server()]
  let stream = await streams.open(one, ada)
  let lastEventId = stream.lastId()
  const seen: unknown[] = []
  for (let n = 1; n <= 10; n++) {
    await publishNumber(api, ada, n)
    if (n % 2) await eventually(() => expect(stream.numbers()).toContain(n))
    stream.leave()
    await stream.ended
    seen.push(...stream.numbers())
    lastEventId = stream.lastId() || lastEventId
    stream = await streams.open(n % 2 ? other : one, ada, { lastEventId })
    await eventually(() => expect(seen.length + stream.numbers().length).toBe(n))
  }
  expect([...seen, ...stream.numbers()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

it('the connection that listens is made again when it was cut', async () => {
  const stream = await streams.open(server(), ada)
  await eventually(async () => expect(await listeners()).not.toEqual([]))
  const before = await listeners()
  const serverUrl = databaseUrl(api.database.directUrl, 'postgres')
  for (const pid of before) await onServer(serverUrl, `select pg_terminate_backend(${pid})`)
  await publishNumber(api, ada, 1)
  await eventually(() => expect(stream.numbers()).toEqual([1]))
  await eventually(async () => expect(await listeners()).toHaveLength(before.length))
  expect(before).not.toContain((await listeners())[0])
  await publishNumber(api, ada, 2)
  await eventually(() => expect(stream.numbers()).toEqual([1, 2]))
  expect(stream.isOpen()).toBe(true)
})

it('a connection that answers no more is given up, and what happened is read on another', async () => {
  const stream = await streams.open(server(proxy.url, { answerMs: 2_000 }), ada)
  await publishNumber(api, ada, 1)
  await eventually(() => expect(stream.numbers()).toEqual([1]))
  proxy.hangAt('from live_events')
  await publishNumber(api, ada, 2)
  await eventually(() => expect(proxy.hanging()).toBeGreaterThan(0))
  proxy.hangAt('what nobody sends')
  await eventually(() => expect(stream.numbers()).toEqual([1, 2]))
  await publishNumber(api, ada, 3)
  await eventually(() => expect(stream.numbers()).toEqual([1, 2, 3]))
  expect(stream.isOpen()).toBe(true)
  proxy.restore()
})

it.each(['cut', 'hang'] as const)(
  'what happens while a server has no database (%s) is told when it is back',
  async (way) => {
    const stream = await streams.open(server(), ada)
    await publishNumber(api, ada, 1)
    await eventually(() => expect(stream.numbers()).toEqual([1]))
    proxy[way]()
    for (const n of [2, 3, 4]) await publishNumber(api, ada, n)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(stream.numbers()).toEqual([1])
    proxy.restore()
    await eventually(() => expect(stream.numbers()).toEqual([1, 2, 3, 4]))
    await publishNumber(api, ada, 5)
    await eventually(() => expect(stream.numbers()).toEqual([1, 2, 3, 4, 5]))
    expect(stream.isOpen()).toBe(true)
  },
)

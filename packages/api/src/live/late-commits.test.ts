import type { Transaction } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createDatabase, type Database } from '../db.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, type Person, type TestApi } from '../testing/index.ts'
import { publishNumber, testStreams } from '../testing/streams.ts'
import { publish } from './publish.ts'

let api: TestApi
let ada: Person
let bob: Person
const streams = testStreams()
const open: typeof streams.open = (...given) => streams.open(...given)

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
})

afterEach(() => streams.leaveAll())

afterAll(() => api.stop())

it('what commits late is neither skipped nor told twice, and holds back what began after it', async () => {
  const stream = await open(api.deps, ada)
  const slow = await begun(1)
  const quick = await begun(2)
  await quick.commit().execute()
  await publishNumber(api, ada, 3)
  await publishNumber(api, bob, 4)
  const others = await open(api.deps, ada, { lastEventId: stream.lastId() })
  expect(stream.numbers()).toEqual([])
  await slow.commit().execute()
  await eventually(() => expect(stream.numbers()).toEqual([1, 2, 3]))
  await eventually(() => expect(others.numbers()).toEqual([1, 2, 3]))
})

it('what never commits holds nothing back for longer', async () => {
  const stream = await open(api.deps, ada)
  const slow = await begun(1)
  await publishNumber(api, ada, 2)
  await slow.rollback().execute()
  await eventually(() => expect(stream.numbers()).toEqual([2]))
})

it('what commits in any order is told to all in the same, each event once, however often they come back', async () => {
  const rounds = 15
  const perRound = 8
  const steady = await open(api.deps, ada)
  const seen: unknown[] = []
  let lastEventId = steady.lastId()
  for (let round = 0; round < rounds; round++) {
    const stream = await open(api.deps, ada, { lastEventId })
    const numbers = Array.from({ length: perRound }, (_, n) => round * perRound + n)
    const begunOnes = await Promise.all(numbers.map(async (n) => ({ n, trx: await begun(n) })))
    const shuffled = begunOnes.toSorted(() => Math.random() - 0.5)
    for (const each of shuffled.slice(0, 5)) await end(each)
    stream.leave()
    await stream.ended
    seen.push(...stream.numbers())
    lastEventId = stream.lastId() || lastEventId
    for (const each of shuffled.slice(5)) await end(each)
  }
  await eventually(() => expect(steady.numbers()).toHaveLength(rounds * perRound * 2))
  const rest = await open(api.deps, ada, { lastEventId })
  await eventually(() => expect([...seen, ...rest.numbers()]).toEqual(steady.numbers()))
  expect(new Set(steady.numbers()).size).toBe(rounds * perRound * 2)
})

/** A transaction that has told something, and has not ended. */
async function begun(n: number) {
  const trx = await writers.startTransaction().execute()
  await tell(trx, n)
  return trx
}

const tell = (trx: Transaction<Database>, n: number) =>
  publish(trx, { topic: 'notifications', kind: 'test.happened', userId: ada.user.id, data: { n } })

/** It tells more, with an id behind those of transactions that began later. */
async function end({ n, trx }: { n: number; trx: Awaited<ReturnType<typeof begun>> }) {
  await tell(trx, n + 0.5)
  await trx.commit().execute()
}

let writers: ReturnType<typeof createDatabase>
beforeAll(() => void (writers = createDatabase({ url: api.database.directUrl, log: api.deps.log })))
afterAll(() => writers.destroy())

it('streams that come while events do are told each one once', async () => {
  const first = await open(api.deps, ada)
  first.leave()
  const last = 1_500
  let n = 0
  const publishing = Array.from({ length: 4 }, async () => {
    while (n < last) await publishNumber(api, ada, ++n)
  })
  const coming = Array.from({ length: 9 }, async () => {
    await eventually(() => expect(n).toBeGreaterThan(Math.random() * last * 0.9))
    return open(api.deps, ada, { lastEventId: first.lastId() })
  })
  const [people] = await Promise.all([Promise.all(coming), ...publishing])
  for (const stream of people) {
    await eventually(() => expect(stream.numbers().length).toBeGreaterThanOrEqual(n))
    expect(stream.numbers()).toEqual(people[0]?.numbers())
    expect(new Set(stream.numbers()).size).toBe(n)
    expect(stream.numbers()).toHaveLength(n)
  }
})

import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { inTransaction } from '../db.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, type Person, type TestApi } from '../testing/index.ts'
import { refusalOf } from '../testing/refusal.ts'
import { publishNumber, testStreams } from '../testing/streams.ts'

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

const publish = (n: number, person = ada) => publishNumber(api, person, n)

it('who comes back is told what was missed, each event once and in order, and then what is new', async () => {
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

it('who comes back is told so, too, of what came behind the first id', async () => {
  const first = await open(api.deps, ada)
  first.leave()
  await publish(1)
  const second = await open(api.deps, ada, { lastEventId: first.lastId() })
  await eventually(() => expect(second.numbers()).toEqual([1]))
})

it('who comes back to a log that was empty misses nothing', async () => {
  await sql`delete from live_events`.execute(api.db)
  const first = await open(api.deps, ada)
  expect(first.lastId()).toMatch(/^\d+-0-\d+$/)
  first.leave()
  await publish(1)
  const second = await open(api.deps, ada, { lastEventId: first.lastId() })
  await eventually(() => expect(second.numbers()).toEqual([1]))
})

it('who comes back after more than a page is told all of it', async () => {
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
  ['an empty log of a time that is not yet', async () => `${(await transactionId()) + 10_000n}-0-2000000000`],
  ['the end of all numbers', async () => `${2n ** 64n - 1n}-${2n ** 63n - 1n}`],
])('who comes back with %s is told to read the state again, and goes on from there', async (_what, idOf) => {
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
  'who comes back with an id that was never given is refused: %j',
  async (lastEventId) => {
    const call = ada.calls.live.stream({ topics: ['notifications'], lastEventId })
    expect(await refusalOf(call)).toMatchObject({ code: 'CURSOR_INVALID', status: 400 })
  },
)

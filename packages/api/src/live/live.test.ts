import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { inTransaction } from '../db.ts'
import { record } from '../audit/record.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, type Person, type TestApi } from '../testing/index.ts'
import { publishNumber, settled, testStreams } from '../testing/streams.ts'
import { sweepEvents } from './jobs.ts'

let api: TestApi
let ada: Person
const streams = testStreams()
const open: typeof streams.open = (...given) => streams.open(...given)

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
})

afterEach(() => streams.leaveAll())

afterAll(() => api.stop())

const publish = (n: number) => publishNumber(api, ada, n)

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

it('nor where others on the same server are still to be told', async () => {
  const before = await open(api.deps, ada)
  await sql`
    insert into live_events (topic, user_id, kind, data)
    values ('notifications', ${ada.user.id}, 'test.happened', '{"n": 1}')`.execute(api.db)
  await settled(api)
  const after = await open(api.deps, ada)
  await publish(2)
  await eventually(() => expect([before.numbers(), after.numbers()]).toEqual([[1, 2], [2]]))
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

import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApi, type Person, type TestApi } from '../testing/index.ts'
import { plansOf } from '../testing/plans.ts'
import { listMissed, listSettled } from './queries.ts'
import { liveTopics } from './topics.ts'

let api: TestApi
let ada: Person
let client: pg.Client

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  client = new pg.Client({ connectionString: api.database.directUrl })
  await client.connect()
  // A log that is mostly about others, and of which transactions wrote many rows each.
  await sql`
    insert into live_events (transaction_id, topic, user_id, kind, data)
    select (1 + n / 100)::text::xid8, 'notifications', md5((n % 5000)::text)::uuid, 'test.happened', '{}'
    from generate_series(1, 50000) n`.execute(api.db)
  await sql`analyze live_events, follows`.execute(api.db)
})

afterAll(async () => {
  await client.end()
  await api.stop()
})

const [start, end] = [
  { transactionId: 1n, id: 0n },
  { transactionId: 400n, id: 0n },
]

it('what somebody missed is found by whom it is for, not by reading the log', async () => {
  const asker = { userId: ada.user.id, topics: new Set(liveTopics) }
  const plans = await plansOf(client, () => listMissed(api.db, asker, { after: start, until: end }, 200))
  expect(plans.indexes).toContain('live_events_user_id')
  expect(plans.indexes).not.toContain('live_events_pkey')
  expect(plans.scanned.filter((table) => table === 'live_events')).toEqual([])
})

it('what is new is read in its order', async () => {
  const plans = await plansOf(client, () => listSettled(api.db, { transactionId: 490n, id: 0n }, 100))
  expect(plans.indexes).toContain('live_events_pkey')
  expect(plans.scanned).toEqual([])
})

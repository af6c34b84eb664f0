import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, type TestApi } from '../testing/index.ts'
import { createPlaces } from './places.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

const waiting = () =>
  sql`
    select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like '%live_streams%'`.execute(
    api.db,
  )

it('a place that is given back while all are renewed does not come back', async () => {
  const people = [await api.person('ada'), await api.person('bob')]
  const [first = '', last = ''] = people.map(({ user }) => user.id).toSorted()
  const places = createPlaces(api.db)
  await places.take(first)
  const place = await places.take(last)
  const blocker = await api.db.startTransaction().execute()
  // Renewed in their order: the last one's comes behind.
  await sql`select from live_streams where user_id = ${first} for update`.execute(blocker)
  const renewed = places.renew()
  try {
    await eventually(async () => expect((await waiting()).rows).toHaveLength(1))
    places.release(place)
    // Whatever it does at once has been done when another statement was.
    for (let count = 0; count < 20; count++) await sql`select`.execute(api.db)
  } finally {
    await blocker.rollback().execute()
    await renewed
  }
  const taken = api.db.selectFrom('liveStreams').select('userId')
  await eventually(async () => expect(await taken.execute()).toEqual([{ userId: first }]))
  await places.renew()
  expect(await taken.execute()).toEqual([{ userId: first }])
  await places.stop()
  expect(await taken.execute()).toEqual([])
})

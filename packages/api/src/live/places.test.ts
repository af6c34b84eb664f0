import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshName } from '../testing/callers.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, type TestApi } from '../testing/index.ts'
import { createPlaces } from './places.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

const taken = async () =>
  (await api.db.selectFrom('liveStreams').select('userId').execute()).map(({ userId }) => userId)

async function waiting() {
  const { rows } = await sql`
    select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like '%live_streams%'`.execute(
    api.db,
  )
  return rows.length
}

/** Two places that are being renewed, in the order of their people: it waits for the first one's row, and the other is to come. */
async function renewedUntilReleased() {
  const people = [await api.person(freshName('ada')), await api.person(freshName('bob'))]
  const [first = '', last = ''] = people.map(({ user }) => user.id).toSorted()
  const places = createPlaces(api.db)
  const place = await places.take(last)
  await places.take(first)
  const blocker = await api.db.startTransaction().execute()
  await sql`select from live_streams where user_id = ${first} for update`.execute(blocker)
  const renewed = places.renew().then(
    () => 'renewed',
    (error: unknown) => error,
  )
  await eventually(async () => expect(await waiting()).toBe(1))
  return {
    places,
    first,
    place,
    /** When what was begun meanwhile has done all that it does at once. */
    async goOn() {
      for (let count = 0; count < 20; count++) await sql`select`.execute(api.db)
      await blocker.rollback().execute()
      expect(await renewed).toBe('renewed')
    },
  }
}

it('a place that is given back while all are renewed does not come back', async () => {
  const { places, first, place, goOn } = await renewedUntilReleased()
  places.release(place)
  await goOn()
  await eventually(async () => expect(await taken()).toEqual([first]))
  await places.renew()
  expect(await taken()).toEqual([first])
  await places.stop()
  expect(await taken()).toEqual([])
})

it('a process that stops while its places are renewed gives all of them back', async () => {
  const { places, goOn } = await renewedUntilReleased()
  const stopped = places.stop().then(
    () => 'stopped',
    (error: unknown) => error,
  )
  await goOn()
  expect(await stopped).toBe('stopped')
  expect(await taken()).toEqual([])
})

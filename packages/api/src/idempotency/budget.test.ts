import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { freshName } from '../testing/callers.ts'
import { createTestApi, type Person, type TestApi } from '../testing/index.ts'
import { bearer, callWithKey, newKey } from '../testing/keyed-calls.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterEach(() => vi.restoreAllMocks())

afterAll(() => api.stop())

const draft = { title: 'A title', body: 'A body' }

/** A look through one's keys is by chance: 0 looks. */
const chance = (value: number) => vi.spyOn(Math, 'random').mockReturnValue(value)

const create = (person: Person, input: object = draft, idempotencyKey = newKey()) =>
  callWithKey(api.deps, 'posts.create', input, { ...bearer(person.token), idempotencyKey })

/** The first is the oldest; all hold for hours. */
const fill = ({ user }: Person, count: number, bytes = 4) =>
  sql`
    insert into idempotency_keys (id, user_id, body_mac, answer, expires_at)
    select sha256((${user.username} || n)::bytea), ${user.id}, sha256(''), repeat('x', ${bytes}::int),
           now() + interval '5 hours' + n * interval '1 second'
    from generate_series(1, ${count}::int) n`.execute(api.db)

async function kept({ user }: Person) {
  const { rows } = await sql<{ keys: number; bytes: number }>`
    select count(*)::int as keys, sum(octet_length(answer))::int as bytes from idempotency_keys
    where user_id = ${user.id}`.execute(api.db)
  return rows[0]!
}

const has = async ({ user }: Person, ...numbers: number[]) => {
  const { rows } = await sql<{ n: number }>`
    select n from unnest(${numbers}::int[]) n
    where exists (select from idempotency_keys where id = sha256((${user.username} || n)::bytea))`.execute(
    api.db,
  )
  return rows.map(({ n }) => n)
}

it('of more than 10,000 keys the oldest go, and nobody is refused', async () => {
  const [ada, bob] = [await api.person(freshName('ada')), await api.person(freshName('bob'))]
  await fill(ada, 10_002)
  await fill(bob, 10_002)
  chance(0)
  const key = newKey()
  const first = await create(ada, draft, key)
  expect(first).toMatchObject({ code: 'OK', isReplayed: false })
  expect([(await kept(ada)).keys, (await kept(bob)).keys]).toEqual([10_000, 10_002])
  expect(await has(ada, 1, 2, 3, 4, 5)).toEqual([4, 5])
  expect(await create(ada, draft, key)).toEqual({ ...first, isReplayed: true })
})

it('of more than 20 MB of answers the oldest go', async () => {
  const ada = await api.person(freshName('ada'))
  await fill(ada, 101, 200_000)
  chance(0)
  expect(await create(ada)).toMatchObject({ code: 'OK' })
  expect(await has(ada, 1, 2, 3, 101)).toEqual([3, 101])
  expect((await kept(ada)).bytes).toBeLessThanOrEqual(20_000_000)
})

it('what is far beyond goes in steps of a thousand, oldest first', async () => {
  const ada = await api.person(freshName('ada'))
  await fill(ada, 12_000)
  chance(0)
  await create(ada)
  expect((await kept(ada)).keys).toBe(11_001)
  await create(ada)
  expect(await has(ada, 2_000, 2_001)).toEqual([2_001])
})

it('one call in a hundred looks, and the likelier the larger its answer', async () => {
  const ada = await api.person(freshName('ada'))
  await fill(ada, 10_001)
  chance(0.02)
  await create(ada)
  expect((await kept(ada)).keys).toBe(10_002)
  chance(0.3)
  await create(ada, { title: 'Long', body: '字'.repeat(50_000) })
  expect((await kept(ada)).keys).toBe(10_000)
})

it('one post of 50,000 characters, restored again and again, is not kept more often than there is room', async () => {
  const ada = await api.person(freshName('ada'))
  const long = { title: 'Long', body: '字'.repeat(50_000) }
  const { id } = await ada.calls.posts.create(long)
  await fill(ada, 66, 300_000)
  chance(0)
  for (let time = 0; time < 10; time++)
    await callWithKey(api.deps, 'posts.restore', { id }, bearer(ada.token))
  const { bytes } = await kept(ada)
  expect([bytes > 19_000_000, bytes <= 20_000_000]).toEqual([true, true])
})

it('many calls of one person at once are all done, and what one of them holds keeps none waiting', async () => {
  const ada = await api.person(freshName('ada'))
  await fill(ada, 10_010)
  chance(0)
  const holder = await api.db.startTransaction().execute()
  try {
    await sql`select from idempotency_keys where id = sha256((${ada.user.username} || 1)::bytea) for update
      `.execute(holder)
    const calls = await Promise.all(Array.from({ length: 20 }, () => create(ada)))
    expect(calls.map(({ code }) => code)).toEqual(calls.map(() => 'OK'))
  } finally {
    await holder.rollback().execute()
  }
  expect(await has(ada, 1, 2, 3)).toEqual([1])
  await create(ada)
  expect([await has(ada, 1, 2, 3), (await kept(ada)).keys]).toEqual([[], 10_000])
})

import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeCursor } from '../../pagination.ts'
import { createTestApi, type Caller, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { sorts } from './input.ts'

type Query = Parameters<Caller['admin']['users']['list']>[0]

let api: TestApi
let mona: Person

beforeAll(async () => {
  api = await createTestApi()
  mona = await api.person('mona', { role: 'moderator' })
  // Few times for many people, to the millisecond.
  await sql`
    insert into users (id, email, username, created_at, last_seen_at)
    select gen_random_uuid(), md5(n::text) || '@example.com',
           case n % 2 when 0 then 'Q' else 'p' end || '_' || md5(n::text),
           timestamptz '2026-01-01T10:00:00.123Z' + (n % 3) * interval '1 millisecond',
           timestamptz '2026-02-01T10:00:00.999Z' + (n % 2) * interval '1 millisecond'
    from generate_series(1, 60) n`.execute(api.db)
})

afterAll(() => api.stop())

const list = (query: Query) => mona.calls.admin.users.list(query)

async function idsOfAllPages(query: Query): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await list({ ...query, cursor })
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return ids
}

const columns = {
  createdAt: 'created_at',
  username: 'lower(username)',
  email: 'email',
  lastSeenAt: 'last_seen_at',
}
const orders = ['asc', 'desc'] as const
const everyOrder = sorts.flatMap((sort) => orders.map((order) => [sort, order] as const))

it.each(everyOrder)(
  'by %s, %s, nobody is lost between two pages and nobody comes twice, whatever the size of a page',
  async (sort, order) => {
    const { rows } = await sql<{ id: string }>`
      select id from users order by ${sql.raw(columns[sort])} ${sql.raw(order)}, id ${sql.raw(order)}`.execute(
      api.db,
    )
    const ids = rows.map(({ id }) => id)
    expect(ids).toHaveLength(61)
    for (const limit of [1, 7, 61, 100]) expect(await idsOfAllPages({ sort, order, limit })).toEqual(ids)
  },
)

it('the newest come first unless told otherwise, 20 at a time', async () => {
  const { items } = await list({})
  expect(items).toHaveLength(20)
  expect(items[0]?.username).toBe('mona')
})

it.each(everyOrder)('the cursor of the order by %s, %s, leads on in no other', async (sort, order) => {
  const { nextCursor } = await list({ sort, order, limit: 1 })
  for (const [otherSort, otherOrder] of everyOrder) {
    if (otherSort === sort && otherOrder === order) continue
    const call = list({ sort: otherSort, order: otherOrder, cursor: nextCursor! })
    expect(await refusalOf(call)).toMatchObject({ code: 'CURSOR_INVALID', status: 400 })
  }
})

it('the cursor of another list leads nowhere', async () => {
  const { nextCursor: ofPeople } = await mona.calls.users.list({ limit: 1 })
  const { nextCursor: ofStaff } = await list({ limit: 1 })
  expect(await refusalOf(list({ cursor: ofPeople! }))).toMatchObject({ code: 'CURSOR_INVALID' })
  const call = mona.calls.users.list({ cursor: ofStaff! })
  expect(await refusalOf(call)).toMatchObject({ code: 'CURSOR_INVALID' })
})

const id = '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44'
const time = '2026-01-01T10:00:00.123Z'

it.each<[string, unknown]>([
  ['no JSON', undefined],
  ['no list', { sort: 'createdAt' }],
  ['too short', ['createdAt', 'desc', time]],
  ['too long', ['createdAt', 'desc', time, id, id]],
  ['a time that is none', ['createdAt', 'desc', 'yesterday', id]],
  ['a day that is none', ['createdAt', 'desc', '2026-02-30T10:00:00.000Z', id]],
  ['a time that PostgreSQL would take for its own', ['createdAt', 'desc', 'infinity', id]],
  ['a time in a column of text', ['createdAt', 'desc', { toString: time }, id]],
  ['an id that is none', ['createdAt', 'desc', time, '1 or 1=1']],
  ['a NUL in the id', ['createdAt', 'desc', time, `${id}\0`]],
])('a cursor with %s is refused', async (_, key) => {
  const cursor = key === undefined ? '!' : encodeCursor(key as string[])
  expect(await refusalOf(list({ cursor }))).toMatchObject({ code: 'CURSOR_INVALID', status: 400 })
})

it.each(['\0', 'a\0b', '\ud800', '', 'a'.repeat(255)])(
  'a cursor with the username %j is refused',
  async (value) => {
    const call = list({ sort: 'username', cursor: encodeCursor(['username', 'desc', value, id]) })
    expect(await refusalOf(call)).toMatchObject({ code: 'CURSOR_INVALID' })
  },
)

it.each([
  '0000-01-01T00:00:00.000Z',
  '0001-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  `${time.slice(0, -1)}${'4'.repeat(200)}Z`,
])('a cursor with the time %s leads somewhere or is refused, and is no failure of ours', async (value) => {
  for (const sort of ['createdAt', 'lastSeenAt'] as const) {
    const call = list({ sort, cursor: encodeCursor([sort, 'desc', value, id]) })
    const outcome = await call.then(
      () => 'OK',
      (error: { apiCode: string }) => error.apiCode,
    )
    expect(['OK', 'CURSOR_INVALID']).toContain(outcome)
  }
})

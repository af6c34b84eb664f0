import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { encodeCursor } from '../../pagination.ts'
import { newId } from '../../ids.ts'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { statementsOf } from '../../testing/statements.ts'

let api: TestApi
let ada: Person
let bob: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
})

beforeEach(() => sql`delete from posts`.execute(api.db))

afterAll(() => api.stop())

/** Posts of this author, one for each time; null is a draft. */
async function insertPosts({ user }: Person, times: (string | null)[]) {
  const rows = times.map((time, index) => ({
    id: newId(),
    authorId: user.id,
    title: `Post ${index}`,
    body: '',
    publishedAt: time === null ? null : new Date(time),
  }))
  await api.db.insertInto('posts').values(rows).execute()
  return rows.map(({ id }) => id)
}

const noon = '2026-03-01T12:00:00.000Z'

interface PageOfPosts {
  items: { id: string }[]
  nextCursor: string | null
}

async function readAll(
  page: (cursor: string | undefined) => Promise<PageOfPosts>,
  between?: () => Promise<unknown>,
) {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const { items, nextCursor } = await page(cursor)
    ids.push(...items.map(({ id }) => id))
    cursor = nextCursor ?? undefined
    await between?.()
  } while (cursor)
  return ids
}

const feed = (limit: number) => (cursor: string | undefined) => api.nobody.posts.list({ limit, cursor })

it('the feed is what is published, newest first', async () => {
  const [older, newer] = await insertPosts(ada, ['2026-03-01T10:00:00Z', '2026-03-01T11:00:00Z', null])
  const { items, nextCursor } = await api.nobody.posts.list({})
  expect(items.map(({ id }) => id)).toEqual([newer, older])
  expect(nextCursor).toBeNull()
})

it('an empty feed is a page without items', async () => {
  expect(await api.nobody.posts.list({})).toEqual({ items: [], nextCursor: null })
})

it.each([1, 2, 3, 7, 25])(
  'posts of one and the same moment come each once, in pages of %d',
  async (limit) => {
    const ids = await insertPosts(ada, Array<string>(25).fill(noon))
    expect(await readAll(feed(limit))).toEqual(ids.toReversed())
  },
)

it('times that differ by a millisecond are kept apart', async () => {
  const times = Array.from(
    { length: 20 },
    (_, index) => `2026-03-01T12:00:00.${String(index).padStart(3, '0')}Z`,
  )
  const ids = await insertPosts(ada, times)
  expect(await readAll(feed(3))).toEqual(ids.toReversed())
})

it('posts that are published between two pages are neither repeated nor push others out', async () => {
  const ids = await insertPosts(ada, Array<string>(10).fill(noon))
  const insertNewer = () => insertPosts(bob, ['2026-03-02T12:00:00Z'])
  expect(await readAll(feed(3), insertNewer)).toEqual(ids.toReversed())
})

it('posts that are deleted between two pages cost no other its place, be it the last one seen', async () => {
  const ids = await insertPosts(ada, Array<string>(9).fill(noon))
  const first = await api.nobody.posts.list({ limit: 3 })
  await ada.calls.posts.delete({ id: first.items.at(-1)!.id })
  const rest = await api.nobody.posts.list({ limit: 100, cursor: first.nextCursor! })
  expect(rest.items.map(({ id }) => id)).toEqual(ids.toReversed().slice(3))
})

it('a page that is exactly full has no next one', async () => {
  await insertPosts(ada, Array<string>(5).fill(noon))
  expect((await api.nobody.posts.list({ limit: 5 })).nextCursor).toBeNull()
  expect((await api.nobody.posts.list({ limit: 4 })).nextCursor).not.toBeNull()
})

it('with authorId there are only the posts of this person, in exact pages too', async () => {
  const ofAda = await insertPosts(ada, Array<string>(7).fill(noon))
  await insertPosts(bob, Array<string>(7).fill(noon))
  const page = (cursor: string | undefined) =>
    api.nobody.posts.list({ authorId: ada.user.id, limit: 2, cursor })
  expect(await readAll(page)).toEqual(ofAda.toReversed())
  expect(await api.nobody.posts.list({ authorId: newId() })).toEqual({ items: [], nextCursor: null })
})

it('drafts are mine, newest first, in exact pages, and nobody else sees them', async () => {
  const drafts = await insertPosts(ada, Array<null>(7).fill(null))
  await insertPosts(ada, [noon])
  await insertPosts(bob, [null])
  const page = (cursor: string | undefined) => ada.calls.posts.list({ drafts: true, limit: 3, cursor })
  expect(await readAll(page)).toEqual(drafts.toReversed())
  expect((await bob.calls.posts.list({ drafts: true, authorId: ada.user.id })).items).not.toContainEqual(
    expect.objectContaining({ author: expect.objectContaining({ username: 'ada' }) }),
  )
  expect((await api.nobody.posts.list({})).items).toHaveLength(1)
})

it('nobody has no drafts', async () => {
  expect(await refusalOf(api.nobody.posts.list({ drafts: true }))).toMatchObject({ code: 'UNAUTHORIZED' })
})

const cursorOf = (...key: unknown[]) => Buffer.from(JSON.stringify(key)).toString('base64url')
const id = '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44'

it.each([
  ['nonsense', 'nonsense'],
  ['signs that are not base64', '%%% \n ü'],
  ['no JSON', Buffer.from('{').toString('base64url')],
  ['null', Buffer.from('null').toString('base64url')],
  ['an object', Buffer.from('{"0": "a", "length": 2}').toString('base64url')],
  ['an empty key', cursorOf()],
  ['the key of another list', cursorOf(id)],
  ['a key that is too long', cursorOf(noon, id, id)],
  ['no time', cursorOf('yesterday', id)],
  ['a day that does not exist', cursorOf('2026-02-30T00:00:00Z', id)],
  ['a number for a time', cursorOf(1, id)],
  ['a time without a zone', cursorOf('2026-03-01T12:00:00', id)],
  ['an infinite time', cursorOf('infinity', id)],
  ['SQL', cursorOf(noon, "' or true --")],
  ['NUL in JSON', cursorOf(noon, '\0')],
])('a made-up cursor is refused: %s', async (_, cursor) => {
  expect(await refusalOf(api.nobody.posts.list({ cursor }))).toMatchObject({
    code: 'CURSOR_INVALID',
    status: 400,
  })
})

it.each([
  ['posts.list with drafts', () => ada.calls.posts.list({ drafts: true, cursor: cursorOf(noon, id) })],
  ['users.list', () => ada.calls.users.list({ cursor: cursorOf(noon, id) })],
  ['users.search', () => ada.calls.users.search({ q: 'ada', cursor: cursorOf('x') })],
])('%s refuses the cursor of another list', async (_, call) => {
  expect(await refusalOf(call())).toMatchObject({ code: 'CURSOR_INVALID' })
})

it.each([
  ['', 'VALIDATION_ERROR'],
  ['a'.repeat(501), 'VALIDATION_ERROR'],
])('a cursor that is empty or too long is refused', async (cursor, code) => {
  expect(await refusalOf(api.nobody.posts.list({ cursor }))).toMatchObject({ code })
})

it('cursors at the ends of time are pages like others', async () => {
  await insertPosts(ada, [noon])
  for (const [time, length] of [
    ['0000-01-01T00:00:00Z', 0],
    ['0001-01-01T00:00:00.000Z', 0],
    ['9999-12-31T23:59:59.999Z', 1],
  ] as const)
    expect((await api.nobody.posts.list({ cursor: encodeCursor([time, id]) })).items).toHaveLength(length)
})

it('damaged cursors are refused or are pages, and never more', async () => {
  await insertPosts(ada, Array<string>(3).fill(noon))
  const cursor = (await api.nobody.posts.list({ limit: 1 })).nextCursor!
  const damaged = Array.from({ length: 200 }, (_, seed) => damage(cursor, seed))
  const outcomes = await Promise.all(
    damaged.map((given) =>
      api.nobody.posts.list({ cursor: given }).then(
        () => 'a page',
        (error: { apiCode?: string }) => error.apiCode,
      ),
    ),
  )
  expect(outcomes.filter((outcome) => outcome !== 'a page' && outcome !== 'CURSOR_INVALID')).toEqual([])
  expect(outcomes).toContain('CURSOR_INVALID')
})

/** One letter replaced, one cut out, or the end cut off: the same for the same seed. */
function damage(cursor: string, seed: number) {
  const at = (seed * 7919) % cursor.length
  const letter = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'[(seed * 31) % 64]
  if (seed % 3 === 0) return cursor.slice(0, at) + letter + cursor.slice(at + 1)
  return seed % 3 === 1 ? cursor.slice(0, at) + cursor.slice(at + 1) : cursor.slice(0, Math.max(1, at))
}

it('with include=posts a person comes with their ten newest published posts', async () => {
  const ids = await insertPosts(
    ada,
    Array.from({ length: 12 }, (_, index) => `2026-03-${10 + index}T12:00:00Z`),
  )
  await insertPosts(ada, [null])
  const shown = await api.nobody.users.get({ id: ada.user.id, include: 'posts' })
  expect(shown.posts!.map((post) => post.id)).toEqual(ids.toReversed().slice(0, 10))
  expect(shown).not.toHaveProperty('email')
  expect(await api.nobody.users.get({ id: ada.user.id })).not.toHaveProperty('posts')
})

it('a person without posts comes with none', async () => {
  expect((await api.nobody.users.get({ id: bob.user.id, include: 'posts' })).posts).toEqual([])
})

it('nothing but posts can be included', async () => {
  const refusal = await refusalOf(api.nobody.users.get({ id: ada.user.id, include: 'sessions' as never }))
  expect(refusal).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: { fields: { include: expect.any(Array) } },
  })
})

it('a page takes the same number of statements, however long it is', async () => {
  await insertPosts(ada, Array<string>(30).fill(noon))
  const count = async (call: () => Promise<unknown>) => (await statementsOf(call)).length
  expect(await count(() => api.nobody.posts.list({ limit: 1 }))).toBe(1)
  expect(await count(() => api.nobody.posts.list({ limit: 30 }))).toBe(1)
  expect(await count(() => api.nobody.users.get({ id: bob.user.id, include: 'posts' }))).toBe(2)
  expect(await count(() => api.nobody.users.get({ id: ada.user.id, include: 'posts' }))).toBe(2)
})

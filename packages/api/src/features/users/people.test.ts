import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../ids.ts'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'

let api: TestApi
let ada: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  await insertPeople(
    Array.from({ length: 249 }, (_, index) => ({ username: `person_${String(index).padStart(3, '0')}` })),
  )
})

afterAll(() => api.stop())

async function insertPeople(people: { username: string; name?: string; deleted?: boolean }[]) {
  await api.db
    .insertInto('users')
    .values(
      people.map(({ username, name = null, deleted = false }) => ({
        id: newId(),
        email: `${username.toLowerCase()}@example.com`,
        username,
        name,
        passwordHash: 'none',
        emailVerifiedAt: new Date(),
        deletedAt: deleted ? new Date() : null,
      })),
    )
    .execute()
}

interface PageOfPeople {
  items: { id: string; username: string }[]
  nextCursor: string | null
}

async function allPages(page: (cursor: string | undefined) => Promise<PageOfPeople>) {
  const pages: PageOfPeople[] = []
  do pages.push(await page(pages.at(-1)?.nextCursor ?? undefined))
  while (pages.at(-1)?.nextCursor)
  return { pages, usernames: pages.flatMap(({ items }) => items.map(({ username }) => username)) }
}

it('250 people come in pages, newest first, each once', async () => {
  const { pages, usernames } = await allPages((cursor) => ada.calls.users.list({ limit: 40, cursor }))
  expect(pages.map(({ items }) => items.length)).toEqual([40, 40, 40, 40, 40, 40, 10])
  expect(new Set(usernames).size).toBe(250)
  expect(usernames[0]).toBe('person_248')
  expect(usernames.at(-1)).toBe('ada')
})

it('a last page that is full has no next one', async () => {
  const { pages } = await allPages((cursor) => ada.calls.users.list({ limit: 50, cursor }))
  expect(pages.map(({ items }) => items.length)).toEqual([50, 50, 50, 50, 50])
})

it('a page shows 20 unless told otherwise, and only what is public', async () => {
  const { items } = await ada.calls.users.list({})
  expect(items).toHaveLength(20)
  expect(Object.keys(items[0]!).toSorted()).toEqual(['createdAt', 'id', 'name', 'username'])
})

it('skip leaves out the newest', async () => {
  const { items } = await ada.calls.users.list({ skip: 248, limit: 100 })
  expect(items.map(({ username }) => username)).toEqual(['person_000', 'ada'])
  expect(await ada.calls.users.list({ skip: 10_000 })).toEqual({ items: [], nextCursor: null })
})

it('a page that was reached by skipping goes on by its cursor', async () => {
  const first = await ada.calls.users.list({ skip: 2, limit: 2 })
  const { items } = await ada.calls.users.list({ limit: 1, cursor: first.nextCursor! })
  expect(items[0]).toMatchObject({ username: 'person_244' })
})

it.each([
  [{ limit: -1 }, 'limit'],
  [{ limit: 0 }, 'limit'],
  [{ limit: 101 }, 'limit'],
  [{ limit: 1e9 }, 'limit'],
  [{ limit: 1.5 }, 'limit'],
  [{ limit: '20' }, 'limit'],
  [{ skip: -1 }, 'skip'],
  [{ skip: 10_001 }, 'skip'],
  [{ skip: 0, cursor: 'WyJhIl0' }, 'skip'],
  [{ page: 2 }, 'page'],
])('a list asked for with %j is refused', async (input, path) => {
  const refusal = await refusalOf(ada.calls.users.list(input as never))
  expect(refusal).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: { fields: { [path]: [expect.any(String)] } },
  })
})

it.each([{ q: '' }, { q: 'a'.repeat(51) }, {}, { q: 'ada', limit: 101 }, { q: 'ada', skip: 1 }])(
  'a search asked for with %j is refused',
  async (input) => {
    expect(await refusalOf(ada.calls.users.search(input as never))).toMatchObject({
      code: 'VALIDATION_ERROR',
    })
  },
)

it('a search finds parts of usernames and names, in upper and lower case, newest first', async () => {
  await insertPeople([
    { username: 'grace_h', name: 'Grace Hopper' },
    { username: 'hopper_g', name: 'Gus' },
  ])
  const find = async (q: string) =>
    (await ada.calls.users.search({ q })).items.map(({ username }) => username)
  expect(await find('HOPPER')).toEqual(['hopper_g', 'grace_h'])
  expect(await find('race ho')).toEqual(['grace_h'])
  expect(await find('nothing like it')).toEqual([])
})

it('two letters, and even one, find what holds them', async () => {
  await insertPeople([{ username: 'xqz', name: 'Åse' }])
  const find = async (q: string) =>
    (await ada.calls.users.search({ q })).items.map(({ username }) => username)
  expect(await find('XQ')).toEqual(['xqz'])
  expect(await find('Å')).toEqual(['xqz'])
})

it('a search comes in pages, each person once', async () => {
  const { pages, usernames } = await allPages((cursor) =>
    ada.calls.users.search({ q: 'person_', limit: 100, cursor }),
  )
  expect(pages.map(({ items }) => items.length)).toEqual([100, 100, 49])
  expect(new Set(usernames).size).toBe(249)
})

it.each([
  ['100%', '100% Ada'],
  ['o_o', 'o_o Owl'],
  ['\\', 'back\\slash'],
  ['\\%', 'odd \\% one'],
  ["'; drop table users; --", "Robert'; drop table users; --"],
])('%j is searched literally', async (q, name) => {
  await insertPeople([
    { username: `lit_${newId().slice(-8)}`, name },
    { username: `lit_${newId().slice(-8)}`, name: 'oxo 1000 plain' },
  ])
  const { items } = await ada.calls.users.search({ q })
  expect(items.map((person) => person.name)).toContain(name)
  expect(items.every((person) => person.name?.includes(q) || person.username.includes(q))).toBe(true)
})

it('who is deleted is in no list and no search', async () => {
  await insertPeople([{ username: 'hidden_one', deleted: true }])
  const { items: found } = await ada.calls.users.search({ q: 'hidden_one' })
  const { items: listed } = await ada.calls.users.list({ limit: 1 })
  expect(found).toEqual([])
  expect(listed[0]?.username).not.toBe('hidden_one')
})

it('a person who is deleted between two pages costs nobody else their place', async () => {
  const first = await ada.calls.users.search({ q: 'person_', limit: 2 })
  const edge = first.items.at(-1)!
  await sql`update users set deleted_at = now() where id = ${edge.id}`.execute(api.db)
  const { items } = await ada.calls.users.search({ q: 'person_', limit: 1, cursor: first.nextCursor! })
  expect(items[0]?.username).toBe('person_246')
  await sql`update users set deleted_at = null where id = ${edge.id}`.execute(api.db)
})

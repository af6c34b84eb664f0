import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../ids.ts'
import { createTestApi, type Caller, type Person, type TestApi } from '../../testing/index.ts'

type Query = Parameters<Caller['admin']['users']['list']>[0]

let api: TestApi
let mona: Person

beforeAll(async () => {
  api = await createTestApi()
  mona = await api.person('mona', { role: 'moderator' })
  await insertPeople(
    { username: 'grace_h', name: 'Grace Hopper', email: 'admiral@navy.example.com' },
    { username: 'hopper_g', name: 'Gus' },
    { username: 'owl', name: 'o_o 100% \\ Owl' },
    { username: 'oxo', name: 'oxo 1000 / plain' },
    { username: 'sam', suspendedAt: new Date() },
    { username: 'ines', emailVerifiedAt: null },
    { username: 'gone', deletedAt: new Date() },
    { username: 'root', role: 'admin' },
  )
})

afterAll(() => api.stop())

interface NewPerson {
  username: string
  email?: string
  name?: string
  role?: 'user' | 'admin'
  emailVerifiedAt?: Date | null
  suspendedAt?: Date
  deletedAt?: Date
}

async function insertPeople(...people: NewPerson[]) {
  for (const { suspendedAt, ...person } of people) {
    const id = newId()
    const email = `${person.username.toLowerCase()}@example.com`
    const row = { id, email, name: null, passwordHash: null, emailVerifiedAt: new Date(), deletedAt: null }
    await api.db
      .insertInto('users')
      .values({ ...row, ...person })
      .execute()
    if (suspendedAt) await api.db.updateTable('users').set({ suspendedAt }).where('id', '=', id).execute()
  }
}

const found = async (query: Query) =>
  (await mona.calls.admin.users.list({ sort: 'username', order: 'asc', ...query })).items.map(
    ({ username }) => username,
  )

it.each([
  ['part of an address', 'NAVY.example', ['grace_h']],
  ['part of a username or a name', 'HOPPER', ['grace_h', 'hopper_g']],
  ['a percent sign, literally', '0%', ['owl']],
  ['an underscore, literally', 'o_o', ['owl']],
  ['a backslash, literally', '\\', ['owl']],
  ['what nobody has', 'zebediah', []],
])('a search takes %s', async (_, q, usernames) => {
  expect(await found({ q })).toEqual(usernames)
})

it('a search takes a whole id, in upper and lower case', async () => {
  expect(await found({ q: mona.user.id })).toEqual(['mona'])
  expect(await found({ q: mona.user.id.toUpperCase() })).toEqual(['mona'])
  expect(await found({ q: newId() })).toEqual([])
})

it.each<[string, Query, string[]]>([
  ['by role', { role: 'admin' }, ['root']],
  ['who are not verified', { verified: false }, ['ines']],
  ['who are suspended', { suspended: true }, ['sam']],
  ['together with a search', { q: 'example.com', role: 'user', verified: true, suspended: true }, ['sam']],
])('people are filtered %s', async (_, query, usernames) => {
  expect(await found(query)).toEqual(usernames)
})

it('filters that are not given leave nobody out, and those who are deleted are marked', async () => {
  const { items } = await mona.calls.admin.users.list({ limit: 100 })
  expect(items).toHaveLength(9)
  expect(items.filter(({ deletedAt }) => deletedAt).map(({ username }) => username)).toEqual(['gone'])
  expect(await found({ verified: true, suspended: false })).toHaveLength(7)
})

it('a person is shown as the staff see them, and without a password', async () => {
  const { items } = await mona.calls.admin.users.list({ q: 'sam' })
  expect(items).toEqual([
    {
      id: expect.any(String),
      username: 'sam',
      name: null,
      createdAt: expect.any(String),
      email: 'sam@example.com',
      emailVerified: true,
      role: 'user',
      updatedAt: expect.any(String),
      lastSeenAt: expect.any(String),
      suspendedAt: expect.any(String),
      deletedAt: null,
    },
  ])
})

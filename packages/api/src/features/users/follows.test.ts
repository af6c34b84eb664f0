import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createContext } from '../../context.ts'
import { newId } from '../../ids.ts'
import { encodeCursor } from '../../pagination.ts'
import { appRouter } from '../../router.ts'
import { createTestApi, plainRequest, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { listFollowerIds, listFollowersAmong } from './follow-queries.ts'

let api: TestApi
let ada: Person
let bob: Person
let carol: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
  carol = await api.person('carol')
})

beforeEach(() => sql`delete from follows`.execute(api.db))

afterAll(() => api.stop())

const followedBy = async ({ calls }: Person, limit = 100) =>
  (await calls.users.following({ limit })).items.map(({ username }) => username)

it('whom one follows is listed as everybody sees them, the newest follow first', async () => {
  for (const { user } of [bob, carol]) {
    expect(await ada.calls.users.follow({ id: user.id })).toBeNull()
    await sql`update follows set created_at = created_at - interval '1 minute'`.execute(api.db)
  }
  const { items, nextCursor } = await ada.calls.users.following({})
  const [first, second] = await Promise.all(
    [carol, bob].map(({ user }) => api.nobody.users.get({ id: user.id })),
  )
  expect(items).toEqual([first, second])
  expect(nextCursor).toBeNull()
  expect(await followedBy(bob)).toEqual([])
})

it('whether one follows somebody is told to oneself', async () => {
  const isFollowed = () => ada.calls.users.isFollowed({ id: bob.user.id })
  expect(await isFollowed()).toEqual({ isFollowed: false })
  await ada.calls.users.follow({ id: bob.user.id })
  expect(await isFollowed()).toEqual({ isFollowed: true })
  expect(await carol.calls.users.isFollowed({ id: bob.user.id })).toEqual({ isFollowed: false })
  expect(await bob.calls.users.isFollowed({ id: ada.user.id })).toEqual({ isFollowed: false })
  expect(await refusalOf(ada.calls.users.isFollowed({ id: newId() }))).toMatchObject({ code: 'NOT_FOUND' })
})

it('following twice is harmless: the first time stands', async () => {
  await ada.calls.users.follow({ id: bob.user.id })
  await sql`update follows set created_at = '2026-01-01'`.execute(api.db)
  expect(await ada.calls.users.follow({ id: bob.user.id })).toBeNull()
  const { rows } = await sql`select from follows where created_at = '2026-01-01'`.execute(api.db)
  expect(rows).toHaveLength(1)
})

it('of many follows at once there is one', async () => {
  await Promise.all(Array.from({ length: 8 }, () => ada.calls.users.follow({ id: bob.user.id })))
  expect(await followedBy(ada)).toEqual(['bob'])
})

it('two who follow each other at once both do', async () => {
  const [a, b] = [ada, bob]
  await Promise.all(
    Array.from({ length: 4 }, () => [
      a.calls.users.follow({ id: b.user.id }),
      b.calls.users.follow({ id: a.user.id }),
    ]).flat(),
  )
  expect([await followedBy(ada), await followedBy(bob)]).toEqual([['bob'], ['ada']])
})

it('nobody follows themselves', async () => {
  expect(await refusalOf(ada.calls.users.follow({ id: ada.user.id }))).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: { fields: { id: ['Must be somebody else'] } },
  })
})

it('nobody unverified follows', async () => {
  const ines = await api.person('ines', { isVerified: false })
  const call = ines.calls.users.follow({ id: ada.user.id })
  expect(await refusalOf(call)).toMatchObject({ code: 'EMAIL_NOT_VERIFIED' })
})

it.each(['follow', 'unfollow'] as const)('%s of somebody who is not there is refused', async (action) => {
  const vera = await api.person(`vera_${action}`)
  await vera.calls.users.delete()
  for (const id of [newId(), vera.user.id])
    expect(await refusalOf(ada.calls.users[action]({ id }))).toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no such user.',
    })
})

it('unfollowing ends it, twice is harmless, and others follow on', async () => {
  for (const { calls } of [ada, carol]) await calls.users.follow({ id: bob.user.id })
  expect(await ada.calls.users.unfollow({ id: bob.user.id })).toBeNull()
  expect(await ada.calls.users.unfollow({ id: bob.user.id })).toBeNull()
  expect([await followedBy(ada), await followedBy(carol)]).toEqual([[], ['bob']])
})

it('whoever is deleted is not listed, can be left, and is there again when they come back', async () => {
  const rosa = await api.person('rosa')
  for (const { calls } of [ada, carol]) await calls.users.follow({ id: rosa.user.id })
  await rosa.calls.users.delete()
  expect(await followedBy(ada)).toEqual([])
  expect(await ada.calls.users.unfollow({ id: rosa.user.id })).toBeNull()
  await sql`update users set deleted_at = null where id = ${rosa.user.id}`.execute(api.db)
  expect([await followedBy(ada), await followedBy(carol)]).toEqual([[], ['rosa']])
})

it('nobody follows after deleting their own account in the same batch', async () => {
  const sofia = await api.person('sofia')
  const request = { ...plainRequest(), authorization: `Bearer ${sofia.token}` }
  const batch = appRouter.createCaller(await createContext(api.deps, request, { setCookie: () => {} }))
  await batch.users.delete()
  expect(await refusalOf(batch.users.follow({ id: ada.user.id }))).toMatchObject({ code: 'UNAUTHORIZED' })
})

/** So many people, whom ada follows, all since the same moment. */
async function followMany(count: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with people as (
      insert into users (id, email, username, password_hash)
      select gen_random_uuid(), gen_random_uuid() || '@example.com', left(md5(random()::text), 20), 'none'
      from generate_series(1, ${count}::int) returning id)
    insert into follows (follower_id, followee_id, created_at)
    select ${ada.user.id}, id, '2026-01-01' from people returning followee_id as id`.execute(api.db)
  return rows.map(({ id }) => id)
}

it('nobody follows more than 5,000 people, not even by two calls at once', async () => {
  await followMany(4_999)
  const calls = [bob, carol].map(({ user }) => ada.calls.users.follow({ id: user.id }))
  const outcomes = await Promise.allSettled(calls)
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  const dave = await api.person('dave')
  expect(await refusalOf(ada.calls.users.follow({ id: dave.user.id }))).toMatchObject({
    code: 'CONFLICT',
    status: 409,
  })
  const [followed] = await followedBy(ada, 1)
  const again = [bob, carol].find(({ user }) => user.username === followed)!
  expect(await ada.calls.users.follow({ id: again.user.id })).toBeNull()
})

it('follows of one and the same moment come each once, in any pages', async () => {
  const ids = await followMany(25)
  for (const limit of [1, 7, 25]) {
    const read: string[] = []
    let cursor: string | undefined
    do {
      const page = await ada.calls.users.following({ limit, cursor })
      read.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    expect(read).toEqual(ids.toSorted().toReversed())
  }
})

it('the cursor of another list is refused', async () => {
  const call = ada.calls.users.following({ cursor: encodeCursor([newId()]) })
  expect(await refusalOf(call)).toMatchObject({ code: 'CURSOR_INVALID' })
})

it('those who can read are told of, in the order of their ids, from one id on', async () => {
  const sam = await api.person('sam')
  const tess = await api.person('tess')
  for (const { calls } of [bob, carol, sam, tess]) await calls.users.follow({ id: ada.user.id })
  await sql`update users set suspended_at = now() where id = ${sam.user.id}`.execute(api.db)
  await tess.calls.users.delete()
  const [first, second] = [bob, carol].map(({ user }) => user.id).toSorted()
  expect(await listFollowerIds(api.db, ada.user.id, undefined, 10)).toEqual([first, second])
  expect(await listFollowerIds(api.db, ada.user.id, undefined, 1)).toEqual([first])
  expect(await listFollowerIds(api.db, ada.user.id, first, 10)).toEqual([second])
})

it('among any people the followers of somebody are found', async () => {
  await bob.calls.users.follow({ id: ada.user.id })
  await carol.calls.users.follow({ id: bob.user.id })
  const people = [bob, carol, ada].map(({ user }) => user.id)
  expect(await listFollowersAmong(api.db, ada.user.id, people)).toEqual([bob.user.id])
  expect(await listFollowersAmong(api.db, ada.user.id, [])).toEqual([])
})

it('with a person their follows go, those of them and those by them', async () => {
  const nora = await api.person('nora')
  await nora.calls.users.follow({ id: ada.user.id })
  await ada.calls.users.follow({ id: nora.user.id })
  await sql`delete from users where id = ${nora.user.id}`.execute(api.db)
  const { rows } = await sql`select from follows`.execute(api.db)
  expect(rows).toEqual([])
})

it('one follows 300 people an hour at most', async () => {
  const limited = await createTestApi({ rateLimitFactor: 1 / 100 })
  const [lena, lisa] = [await limited.person('lena'), await limited.person('lisa')]
  for (let count = 0; count < 3; count++) await lena.calls.users.follow({ id: lisa.user.id })
  const call = lena.calls.users.follow({ id: lisa.user.id })
  expect(await refusalOf(call)).toMatchObject({ code: 'RATE_LIMITED' })
  await limited.stop()
})

import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createContext } from '../../context.ts'
import { newId } from '../../ids.ts'
import { appRouter } from '../../router.ts'
import { createTestApi, plainRequest, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { eraseUsers } from '../users/jobs.ts'
import { eraseDeletedPosts } from './jobs.ts'

let api: TestApi
let ada: Person
let bob: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
})

afterAll(() => api.stop())

it('nobody writes after deleting their own account in the same batch', async () => {
  const vera = await api.person('vera')
  const request = { ...plainRequest(), authorization: `Bearer ${vera.token}` }
  const batch = appRouter.createCaller(await createContext(api.deps, request, { setCookie: () => {} }))
  await batch.users.delete()
  const call = batch.posts.create({ title: 'A ghost', body: 'Boo.' })
  expect(await refusalOf(call)).toMatchObject({ code: 'UNAUTHORIZED' })
  const { rows } = await sql`select from posts where author_id = ${vera.user.id}`.execute(api.db)
  expect(rows).toEqual([])
})

const draftOf = ({ calls }: Person) => calls.posts.create({ title: 'On looms', body: 'They weave.' })

const publishedBy = ({ calls }: Person) => calls.posts.create({ title: 'On looms', body: '', publish: true })

const run = { id: '1', attempt: 1, signal: new AbortController().signal }

const missing = { code: 'NOT_FOUND', status: 404, message: 'There is no such post.', details: {} }

it('a new post is a draft in its first version', async () => {
  const post = await draftOf(ada)
  expect(post).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{14}7/),
    author: { id: ada.user.id, username: 'ada', name: null },
    title: 'On looms',
    body: 'They weave.',
    publishedAt: null,
    version: 1,
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: post.createdAt,
  })
})

it('a post may be published as it is written, by somebody verified', async () => {
  expect((await publishedBy(ada)).publishedAt).toMatch(/Z$/)
  const una = await api.person('una', { isVerified: false })
  expect(await refusalOf(publishedBy(una))).toMatchObject({ code: 'EMAIL_NOT_VERIFIED', status: 403 })
  expect((await una.calls.posts.list({ drafts: true })).items).toEqual([])
})

it('a draft is there for its author alone; to others it is like one that is missing, byte for byte', async () => {
  const { id } = await draftOf(ada)
  expect(await ada.calls.posts.get({ id })).toMatchObject({ id })
  const absent = JSON.stringify(await refusalOf(bob.calls.posts.get({ id: newId() })))
  expect(absent).toBe(JSON.stringify(missing))
  for (const { posts } of [bob.calls, api.nobody])
    expect(JSON.stringify(await refusalOf(posts.get({ id })))).toBe(absent)
})

it('what is published is there for everybody', async () => {
  const post = await publishedBy(ada)
  for (const { posts } of [ada.calls, bob.calls, api.nobody])
    expect(await posts.get({ id: post.id })).toEqual(post)
})

it.each(['update', 'publish', 'delete', 'restore'] as const)(
  "only the author can %s: another's post is like a missing one, published or not",
  async (action) => {
    for (const { id } of [await draftOf(ada), await publishedBy(ada), { id: newId() }]) {
      const input = action === 'update' ? { id, version: 1, title: 'Mine' } : { id }
      expect(await refusalOf(bob.calls.posts[action](input as never))).toEqual(missing)
    }
  },
)

it('an update changes what it names, and counts the version up', async () => {
  const { id } = await draftOf(ada)
  const updated = await ada.calls.posts.update({ id, version: 1, title: 'On better looms' })
  expect(updated).toMatchObject({
    title: 'On better looms',
    body: 'They weave.',
    version: 2,
    publishedAt: null,
  })
  expect(updated.updatedAt >= updated.createdAt).toBe(true)
  expect(await ada.calls.posts.update({ id, version: 2, body: '' })).toMatchObject({
    title: 'On better looms',
    body: '',
    version: 3,
  })
})

it('an update that started from an older version is refused, and told the current one', async () => {
  const { id } = await draftOf(ada)
  await ada.calls.posts.update({ id, version: 1, title: 'Second' })
  expect(await refusalOf(ada.calls.posts.update({ id, version: 1, title: 'Stale' }))).toMatchObject({
    code: 'VERSION_CONFLICT',
    status: 409,
    details: { currentVersion: 2 },
  })
  expect(await ada.calls.posts.get({ id })).toMatchObject({ title: 'Second' })
})

it('a version that is still to come is refused, too', async () => {
  const { id } = await draftOf(ada)
  const refusal = await refusalOf(ada.calls.posts.update({ id, version: 2_147_483_647, title: 'Future' }))
  expect(refusal).toMatchObject({ code: 'VERSION_CONFLICT', details: { currentVersion: 1 } })
})

it('of two updates at once one wins', async () => {
  const { id } = await draftOf(ada)
  const update = (title: string) => ada.calls.posts.update({ id, version: 1, title })
  const outcomes = await Promise.allSettled([update('First'), update('Second')])
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect((await ada.calls.posts.get({ id })).version).toBe(2)
})

it('publishing twice is harmless: the first time stands', async () => {
  const { id } = await draftOf(ada)
  const first = await ada.calls.posts.publish({ id })
  expect(first).toMatchObject({ publishedAt: expect.any(String), version: 2 })
  expect(await ada.calls.posts.publish({ id })).toEqual(first)
})

it('published twice at once, it is published once', async () => {
  const { id } = await draftOf(ada)
  const [one, two] = await Promise.all([ada.calls.posts.publish({ id }), ada.calls.posts.publish({ id })])
  expect(one).toEqual(two)
  expect(one.version).toBe(2)
})

it('publishing in another tab does not let an older text overwrite a newer one', async () => {
  const { id } = await draftOf(ada)
  await ada.calls.posts.publish({ id })
  expect(await refusalOf(ada.calls.posts.update({ id, version: 1, title: 'Stale' }))).toMatchObject({
    code: 'VERSION_CONFLICT',
  })
})

it('nobody unverified publishes, not even what they wrote', async () => {
  const ines = await api.person('ines', { isVerified: false })
  const { id } = await draftOf(ines)
  expect(await refusalOf(ines.calls.posts.publish({ id }))).toMatchObject({ code: 'EMAIL_NOT_VERIFIED' })
  expect(await ines.calls.posts.get({ id })).toMatchObject({ publishedAt: null })
})

it('a deleted post is gone for everybody, its author too, until it is restored', async () => {
  const post = await publishedBy(ada)
  const { id } = post
  expect(await ada.calls.posts.delete({ id })).toBeNull()
  for (const { posts } of [ada.calls, api.nobody]) expect(await refusalOf(posts.get({ id }))).toEqual(missing)
  expect(await refusalOf(ada.calls.posts.delete({ id }))).toEqual(missing)
  expect(await refusalOf(ada.calls.posts.publish({ id }))).toEqual(missing)
  expect(await refusalOf(ada.calls.posts.update({ id, version: 1, title: 'No' }))).toEqual(missing)
  expect(await ada.calls.posts.restore({ id })).toEqual(post)
  expect(await api.nobody.posts.get({ id })).toEqual(post)
})

it('restoring what is not deleted is harmless', async () => {
  const post = await draftOf(ada)
  expect(await ada.calls.posts.restore({ id: post.id })).toEqual(post)
})

it('thirty days after it was deleted a post is erased', async () => {
  const old = await draftOf(ada)
  const recent = await draftOf(ada)
  for (const { id } of [old, recent]) await ada.calls.posts.delete({ id })
  await sql`update posts set deleted_at = now() - interval '30 days 1 minute' where id = ${old.id}`.execute(
    api.db,
  )
  await eraseDeletedPosts.run(api.deps, {}, run)
  expect(await refusalOf(ada.calls.posts.restore({ id: old.id }))).toEqual(missing)
  expect(await ada.calls.posts.restore({ id: recent.id })).toMatchObject({ id: recent.id })
})

it('the posts of somebody deleted are nowhere', async () => {
  const rosa = await api.person('rosa')
  const { id } = await publishedBy(rosa)
  await rosa.calls.users.delete()
  expect(await refusalOf(api.nobody.posts.get({ id }))).toEqual(missing)
  expect((await api.nobody.posts.list({ authorId: rosa.user.id })).items).toEqual([])
  expect((await api.nobody.posts.list({ limit: 100 })).items.map((post) => post.id)).not.toContain(id)
})

it('the posts of somebody who is erased are erased', async () => {
  const sofia = await api.person('sofia')
  await draftOf(sofia)
  await publishedBy(sofia)
  await sofia.calls.users.delete()
  await sql`update users set deleted_at = now() - interval '8 days' where id = ${sofia.user.id}`.execute(
    api.db,
  )
  await eraseUsers.run(api.deps, {}, run)
  const { rows } = await sql`select from posts where author_id = ${sofia.user.id}`.execute(api.db)
  expect(rows).toEqual([])
})

it('the author of a post is shown without address', async () => {
  const { id } = await publishedBy(ada)
  expect(Object.keys((await api.nobody.posts.get({ id })).author).toSorted()).toEqual([
    'id',
    'name',
    'username',
  ])
})

it.each([
  ['an empty title', { title: '' }, 'title'],
  ['a blank title', { title: '   ' }, 'title'],
  ['a title of two lines', { title: 'One\r\nTwo' }, 'title'],
  ['a title of 201', { title: 'a'.repeat(201) }, 'title'],
  ['no body', { body: undefined }, 'body'],
  ['a body of 50,001', { body: 'a'.repeat(50_001) }, 'body'],
  ['a body with NUL', { body: 'a\0b' }, 'body'],
  ['an author', { authorId: newId() }, 'authorId'],
  ['a version', { version: 7 }, 'version'],
  ['a time of publication', { publishedAt: '2020-01-01T00:00:00Z' }, 'publishedAt'],
])('a post with %s is refused', async (_, wrong, path) => {
  const refusal = await refusalOf(ada.calls.posts.create({ title: 'On looms', body: '', ...wrong } as never))
  expect(refusal).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: { fields: { [path]: expect.any(Array) } },
  })
})

it.each([
  [{ version: 0 }, 'version'],
  [{ version: 2_147_483_648 }, 'version'],
  [{ version: '1' }, 'version'],
  [{ version: undefined }, 'version'],
  [{ id: 'x' }, 'id'],
  [{ publishedAt: null }, 'publishedAt'],
])('an update with %j is refused', async (wrong, path) => {
  const { id } = await draftOf(ada)
  const refusal = await refusalOf(ada.calls.posts.update({ id, version: 1, title: 'New', ...wrong } as never))
  expect(refusal).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: { fields: { [path]: expect.any(Array) } },
  })
})

it('the longest post is taken whole, line breaks in its body and letters of any script too', async () => {
  const post = { title: '題'.repeat(200), body: `${'😀\n'.repeat(16_666)}ab` }
  expect(await ada.calls.posts.create(post)).toMatchObject(post)
})

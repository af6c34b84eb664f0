import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { inTransaction } from '../../db.ts'
import { newId } from '../../ids.ts'
import { encodeCursor } from '../../pagination.ts'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { deliver } from './deliver.ts'

let api: TestApi
let ada: Person
let bob: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
})

beforeEach(() => sql`truncate notifications, live_events`.execute(api.db).then(() => {}))

afterAll(() => api.stop())

/** A message to each of them; its id, which is its source. */
async function tell(people: Person[], subject = 'We move', source = newId()) {
  const data = { messageId: source, subject, message: 'On Sunday.' }
  const ids = people.map(({ user }) => user.id)
  await inTransaction(api.db, (trx) =>
    deliver(trx, ids, { content: { kind: 'admin.message', data }, source, actorId: null }),
  )
  return source
}

const subjectsOf = async ({ calls }: Person, unread?: boolean) =>
  (await calls.notifications.list({ unread, limit: 100 })).items.map(({ title }) => title)

const countOf = async ({ calls }: Person) => (await calls.notifications.unreadCount()).count

const liveEvents = () =>
  api.db.selectFrom('liveEvents').select(['topic', 'kind', 'userId', 'data']).orderBy('id').execute()

it('a notification says what it is about, in words and in data', async () => {
  const messageId = await tell([ada])
  const { items, nextCursor } = await ada.calls.notifications.list({})
  expect(items).toEqual([
    {
      id: expect.any(String),
      kind: 'admin.message',
      title: 'We move',
      text: 'On Sunday.',
      url: null,
      data: { messageId, subject: 'We move', message: 'On Sunday.' },
      readAt: null,
      createdAt: expect.stringMatching(/Z$/),
    },
  ])
  expect(nextCursor).toBeNull()
  expect(await subjectsOf(bob)).toEqual([])
})

it('telling somebody of the same twice is harmless, also at once', async () => {
  const source = newId()
  await Promise.all(Array.from({ length: 5 }, () => tell([ada, bob], 'Once', source)))
  expect([await subjectsOf(ada), await subjectsOf(bob)]).toEqual([['Once'], ['Once']])
  expect(await liveEvents()).toHaveLength(2)
})

it('the newest come first, each once, in any pages, while others arrive', async () => {
  for (let count = 0; count < 10; count++) await tell([ada, bob], `Message ${count}`)
  const read: string[] = []
  let cursor: string | undefined
  do {
    const page = await ada.calls.notifications.list({ limit: 3, cursor })
    read.push(...page.items.map(({ title }) => title))
    cursor = page.nextCursor ?? undefined
    await tell([ada], 'Newer')
  } while (cursor)
  expect(read).toEqual(Array.from({ length: 10 }, (_, count) => `Message ${9 - count}`))
})

it('the cursor of another list is refused', async () => {
  const cursor = encodeCursor(['2026-01-01T00:00:00Z', newId()])
  expect(await refusalOf(ada.calls.notifications.list({ cursor }))).toMatchObject({ code: 'CURSOR_INVALID' })
})

it('what is read is not unread any more, and stays in the list', async () => {
  await tell([ada], 'First')
  await tell([ada], 'Second')
  const { items } = await ada.calls.notifications.list({})
  const read = await ada.calls.notifications.markRead({ id: items[0]!.id })
  expect(read).toEqual({ ...items[0], readAt: expect.stringMatching(/Z$/) })
  expect([await subjectsOf(ada, true), await subjectsOf(ada)]).toEqual([['First'], ['Second', 'First']])
  expect(await countOf(ada)).toBe(1)
})

it('reading twice is harmless: the first time stands, and other tabs hear of it once', async () => {
  await tell([ada])
  const { id } = (await ada.calls.notifications.list({})).items[0]!
  const [first] = await Promise.all(Array.from({ length: 4 }, () => ada.calls.notifications.markRead({ id })))
  expect(await ada.calls.notifications.markRead({ id })).toEqual(first)
  expect((await liveEvents()).filter(({ kind }) => kind === 'notification.read')).toEqual([
    { topic: 'notifications', kind: 'notification.read', userId: ada.user.id, data: { notificationId: id } },
  ])
})

it('another’s notification is like a missing one, and stays unread', async () => {
  await tell([ada])
  const { id } = (await ada.calls.notifications.list({})).items[0]!
  for (const wanted of [id, newId()])
    expect(await refusalOf(bob.calls.notifications.markRead({ id: wanted }))).toEqual({
      code: 'NOT_FOUND',
      status: 404,
      message: 'There is no such notification.',
      details: {},
    })
  expect(await countOf(ada)).toBe(1)
})

it('all of one person’s are read at once, and nobody else’s', async () => {
  for (let count = 0; count < 3; count++) await tell([ada, bob], `Message ${count}`)
  expect(await ada.calls.notifications.markAllRead()).toEqual({ marked: 3 })
  expect(await ada.calls.notifications.markAllRead()).toEqual({ marked: 0 })
  expect([await countOf(ada), await countOf(bob)]).toEqual([0, 3])
  const { userId, kind, data } = (await liveEvents()).at(-1)!
  expect({ userId, kind, data }).toEqual({
    userId: ada.user.id,
    kind: 'notification.all-read',
    data: { marked: 3 },
  })
})

/** So many, unread, without the words. */
const fill = ({ user }: Person, count: number, kind = 'admin.message') =>
  sql`
    insert into notifications (id, user_id, kind, source, data, in_app, in_digest)
    select ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, ${user.id}, ${kind}, 'filled ' || n,
           '{"messageId": "01900000-0000-7000-8000-000000000000", "subject": "s", "message": "m"}', true, false
    from generate_series(1, ${count}::int) n`.execute(api.db)

it('a thousand are read in steps, by two at once, each counted once', async () => {
  await fill(ada, 1_000)
  const answers = await Promise.all([1, 2].map(() => ada.calls.notifications.markAllRead()))
  expect(answers.reduce((sum, { marked }) => sum + marked, 0)).toBe(1_000)
  expect(await countOf(ada)).toBe(0)
})

it('a person keeps the newest thousand', async () => {
  await fill(ada, 1_003)
  await fill(bob, 0)
  await tell([ada, bob], 'The newest')
  const rows = api.db.selectFrom('notifications').select(['source', 'userId']).orderBy('id').execute()
  const ofAda = (await rows).filter(({ userId }) => userId === ada.user.id)
  expect(ofAda).toHaveLength(1_000)
  expect(ofAda[0]?.source).toBe('filled 5')
  expect([(await subjectsOf(ada))[0], await subjectsOf(bob)]).toEqual(['The newest', ['The newest']])
  expect(await countOf(ada)).toBe(1_000)
})

it('a flood of posts pushes out posts alone: the oldest of them, while there are any', async () => {
  await fill(ada, 1_003, 'post.published')
  const kindOf = (from: number, to: number, kind: string) =>
    sql`
      update notifications set kind = ${kind}
      where source in (select 'filled ' || n from generate_series(${from}::int, ${to}::int) n)`.execute(
      api.db,
    )
  await kindOf(1, 1, 'security.notice')
  await kindOf(2, 2, 'admin.message')
  const oldest = async () => {
    await tell([ada], 'The newest')
    const rows = api.db.selectFrom('notifications').select('source').orderBy('id').execute()
    return (await rows).map(({ source }) => source).slice(0, 3)
  }
  expect(await oldest()).toEqual(['filled 1', 'filled 2', 'filled 7'])
  await kindOf(8, 1_003, 'security.notice')
  expect(await oldest()).toEqual(['filled 1', 'filled 2', 'filled 8'])
  expect(await oldest()).toEqual(['filled 2', 'filled 8', 'filled 9'])
})

it('streams hear of a new one by its id and kind alone, in the same transaction', async () => {
  await tell([ada], 'A secret subject')
  const { id } = (await ada.calls.notifications.list({})).items[0]!
  expect(await liveEvents()).toEqual([
    {
      topic: 'notifications',
      kind: 'notification.created',
      userId: ada.user.id,
      data: { notificationId: id, kind: 'admin.message' },
    },
  ])
  const failed = inTransaction(api.db, async (trx) => {
    const data = { messageId: newId(), subject: 'Never', message: 'Never' }
    await deliver(trx, [ada.user.id], {
      content: { kind: 'admin.message', data },
      source: 'never',
      actorId: null,
    })
    throw new Error('after all')
  })
  await expect(failed).rejects.toThrow('after all')
  expect([(await liveEvents()).length, await countOf(ada)]).toEqual([1, 1])
})

it.each([
  ['a kind that is no more', sql`kind = 'post.praised'`],
  ['a payload of another release', sql`data = '{"subject": 7}'`],
])('%s is left out, and nothing else', async (_, change) => {
  await tell([ada], 'Old')
  await sql`update notifications set ${change}`.execute(api.db)
  await tell([ada], 'New')
  expect(await subjectsOf(ada)).toEqual(['New'])
  const rows = api.db.selectFrom('notifications').select(['id', 'readAt']).orderBy('id')
  const { id } = await rows.executeTakeFirstOrThrow()
  expect(await refusalOf(ada.calls.notifications.markRead({ id }))).toMatchObject({ code: 'NOT_FOUND' })
  expect(await rows.executeTakeFirst()).toEqual({ id, readAt: null })
  expect((await liveEvents()).map(({ kind }) => kind)).toEqual([
    'notification.created',
    'notification.created',
  ])
})

it('a kind that is no more is not counted either', async () => {
  await tell([ada], 'Old')
  await sql`update notifications set kind = 'post.praised'`.execute(api.db)
  await tell([ada], 'New')
  expect(await countOf(ada)).toBe(1)
})

it('a payload that is not of its kind is never stored', async () => {
  const data = { messageId: 'no id', subject: 's', message: 'm' }
  const call = inTransaction(api.db, (trx) =>
    deliver(trx, [ada.user.id], { content: { kind: 'admin.message', data }, source: 'x', actorId: null }),
  )
  await expect(call).rejects.toThrow(/messageId/)
})

it('whoever is suspended, deleted or erased is not told, and keeps nobody else from being', async () => {
  const [sam, vera] = [await api.person('sam'), await api.person('vera')]
  await sql`update users set suspended_at = now() where id = ${sam.user.id}`.execute(api.db)
  await vera.calls.users.delete()
  const nobody = { ...vera, user: { ...vera.user, id: newId() } }
  const before = await api.db.selectFrom('notifications').select('userId').execute()
  await tell([sam, vera, nobody, bob], 'To who is there')
  const rows = await api.db.selectFrom('notifications').select('userId').execute()
  expect(rows.slice(before.length)).toEqual([{ userId: bob.user.id }])
})

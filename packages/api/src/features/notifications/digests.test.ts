import { sql, type Transaction } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { inTransaction, type Database } from '../../db.ts'
import { newId } from '../../ids.ts'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { deliver } from './deliver.ts'
import { mailDigest, startDigests } from './digests.ts'

let api: TestApi
let ada: Person
let bob: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
  await bob.calls.users.follow({ id: ada.user.id })
  await bob.calls.notifications.preferences.update({ 'post.published': { digest: true } })
})

beforeEach(async () => {
  await api.drainJobs()
  await sql`truncate notifications, digests`.execute(api.db)
  api.mailbox.sent.length = 0
  // No test goes on past midnight.
  vi.useFakeTimers({ toFake: ['Date'] })
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

afterAll(() => api.stop())

const run = { id: '1', attempt: 1, signal: new AbortController().signal }

async function publish(...titles: string[]) {
  const ids: string[] = []
  for (const title of titles) ids.push((await ada.calls.posts.create({ title, body: '', publish: true })).id)
  await api.drainJobs()
  return ids
}

async function tick() {
  await startDigests.run(api.deps, {}, run)
  await api.drainJobs()
}

const nextDay = () => sql`update digests set day = day - 1`.execute(api.db)

const digestsOf = ({ email }: Person) => api.mailbox.to(email)

it('a digest names what is unread, newest first, with its links', async () => {
  const [, second] = await publish('On looms', 'On engines')
  await tick()
  const [mail, ...others] = digestsOf(bob)
  expect(others).toEqual([])
  expect(mail).toMatchObject({
    subject: 'You missed 2 things',
    key: expect.stringMatching(/^notifications:mail-digest\.\d+$/),
    unsubscribeUrl: 'http://localhost:3000/settings/notifications',
  })
  expect(mail!.text).toMatch(/On engines[^]*On looms/)
  expect(mail!.text).toContain(`http://localhost:3000/posts/${second}`)
  expect(mail!.text).toContain('http://localhost:3000/notifications')
})

it('there is one a day for each person, however many workers tick and however often', async () => {
  await publish('Once')
  await Promise.all([1, 2, 3].map(() => startDigests.run(api.deps, {}, run)))
  await tick()
  expect(digestsOf(bob)).toHaveLength(1)
  await publish('Tomorrow')
  await tick()
  expect(digestsOf(bob)).toHaveLength(1)
})

it('on the next day there is what came since, and nothing is named twice', async () => {
  await publish('The first day')
  await tick()
  await publish('The second day')
  await nextDay()
  await tick()
  expect(digestsOf(bob)).toHaveLength(2)
  expect(digestsOf(bob)[1]!.text).toContain('The second day')
  expect(digestsOf(bob)[1]!.text).not.toContain('The first day')
  await nextDay()
  await tick()
  expect(digestsOf(bob)).toHaveLength(2)
})

it('what is read before, or while the digest is on its way, is left out', async () => {
  await publish('Read before', 'Read meanwhile', 'Unread')
  const { items } = await bob.calls.notifications.list({})
  const idOf = (title: string) => items.find(({ text }) => text === title)!.id
  await bob.calls.notifications.markRead({ id: idOf('Read before') })
  await startDigests.run(api.deps, {}, run)
  await bob.calls.notifications.markRead({ id: idOf('Read meanwhile') })
  await api.drainJobs()
  expect(digestsOf(bob)[0]!.text).toContain('Unread')
  expect(digestsOf(bob)[0]!.text).not.toMatch(/Read before|Read meanwhile/)
})

it('reading all while the digest runs loses neither, and whoever has read all gets none', async () => {
  await publish('Read')
  await Promise.all([startDigests.run(api.deps, {}, run), bob.calls.notifications.markAllRead()])
  await api.drainJobs()
  expect(digestsOf(bob)).toEqual([])
  expect(await bob.calls.notifications.unreadCount()).toEqual({ count: 0 })
})

it('whoever did not ask for it gets none, nor who switched it off before it went', async () => {
  const carol = await api.person('carol')
  await carol.calls.users.follow({ id: ada.user.id })
  await publish('Unread')
  await startDigests.run(api.deps, {}, run)
  await bob.calls.notifications.preferences.update({ 'post.published': { digest: false } })
  await api.drainJobs()
  expect(api.mailbox.sent).toEqual([])
  await bob.calls.notifications.preferences.update({ 'post.published': { digest: true } })
})

it.each([
  ['left', sql`deleted_at = now()`],
  ['was suspended', sql`suspended_at = now()`],
  ['has no confirmed address', sql`email_verified_at = null`],
])('whoever %s gets none', async (_, standing) => {
  const rosa = await api.person(`rosa_${Math.random().toString(36).slice(2, 8)}`)
  await rosa.calls.users.follow({ id: ada.user.id })
  await rosa.calls.notifications.preferences.update({ 'post.published': { digest: true } })
  await publish('Unread')
  await sql`update users set ${standing} where id = ${rosa.user.id}`.execute(api.db)
  await tick()
  expect([digestsOf(rosa).length, digestsOf(bob).length]).toEqual([0, 1])
  await sql`delete from users where id = ${rosa.user.id}`.execute(api.db)
})

it('a post that is there no more is not named', async () => {
  const [id] = await publish('Deleted', 'Still there')
  await sql`update posts set deleted_at = now() where id = ${id}`.execute(api.db)
  await tick()
  expect(digestsOf(bob)[0]!.text).toContain('Still there')
  expect(digestsOf(bob)[0]!.text).not.toContain('Deleted')
})

it('a digest names twenty at most, and says that there are more', async () => {
  await publish(...Array.from({ length: 23 }, (_, count) => `Number ${count}.`))
  await tick()
  const [mail] = digestsOf(bob)
  expect(mail!.subject).toBe('You missed more than 20 things')
  expect(mail!.text.match(/Number \d+\./g)).toEqual(
    Array.from({ length: 20 }, (_, count) => `Number ${22 - count}.`),
  )
  await nextDay()
  await tick()
  expect(digestsOf(bob)).toHaveLength(1)
})

/** A message to bob that a digest is to name. */
const message = (subject: string) => async (trx: Transaction<Database>) => {
  const data = { messageId: newId(), subject, message: 'm' }
  const content = { kind: 'admin.message' as const, data }
  await deliver(trx, [bob.user.id], { content, source: subject, actorId: null })
}

it('what is committed while a digest is on its way is named by the next', async () => {
  await bob.calls.notifications.preferences.update({ 'admin.message': { mail: false, digest: true } })
  const late = await api.db.startTransaction().execute()
  await message('One')(late)
  await inTransaction(api.db, message('Two'))
  vi.spyOn(api.mailbox, 'send').mockImplementationOnce(async (mail) => {
    await late.commit().execute()
    api.mailbox.sent.push(mail)
  })
  await tick()
  await nextDay()
  await tick()
  expect(digestsOf(bob).map(({ text }) => text.match(/One|Two/g))).toEqual([['Two'], ['One']])
})

it('of more than a hundred a digest passes over the others, but not over what came within the hour', async () => {
  await bob.calls.notifications.preferences.update({ 'admin.message': { mail: false, digest: true } })
  await inTransaction(api.db, async (trx) => {
    for (const subject of ['Long ago', 'Of late']) await message(subject)(trx)
    for (let count = 0; count < 100; count++) await message(`Number ${count}.`)(trx)
  })
  await sql`update notifications set created_at = now() - interval '61 minutes' where source = 'Long ago'
    `.execute(api.db)
  await tick()
  await nextDay()
  await tick()
  await nextDay()
  await tick()
  expect(digestsOf(bob).map(({ subject }) => subject)).toEqual([
    'You missed more than 20 things',
    'You missed something',
  ])
  expect(digestsOf(bob)[1]!.text).toContain('Of late')
})

it('a digest that could not be mailed is the same when it is tried again', async () => {
  await publish('Unread')
  api.mailbox.failure = new Error('busy')
  await tick()
  api.mailbox.failure = undefined
  await api.makeJobsDue()
  await api.drainJobs()
  expect(digestsOf(bob)).toHaveLength(1)
  expect(digestsOf(bob)[0]!.text).toContain('Unread')
})

it('the second run of a job that was done mails nothing', async () => {
  await publish('Unread')
  await tick()
  await mailDigest.run(api.deps, { userId: bob.user.id }, run)
  expect(digestsOf(bob)).toHaveLength(1)
})

it('readers in any number get one each', async () => {
  await sql`
    with people as (
      insert into users (id, email, username, password_hash, email_verified_at)
      select gen_random_uuid(), 'reader_' || n || '@example.com', 'reader_' || n, 'none', now()
      from generate_series(1, 450) n returning id),
    follows as (insert into follows (follower_id, followee_id) select id, ${ada.user.id} from people)
    insert into notification_preferences (user_id, kind, in_app, mail, digest)
    select id, 'post.published', true, false, true from people`.execute(api.db)
  await publish('To many')
  await tick()
  expect(new Set(api.mailbox.sent.map(({ to }) => to)).size).toBe(451)
  expect(api.mailbox.sent).toHaveLength(451)
  await sql`delete from users where username like 'reader%'`.execute(api.db)
})

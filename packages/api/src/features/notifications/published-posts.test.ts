import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createLimits } from '../../limits.ts'
import { freshName } from '../../testing/callers.ts'
import { eventually } from '../../testing/eventually.ts'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { announcePost } from './published-posts.ts'

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

beforeEach(async () => {
  await api.drainJobs()
  await sql`truncate follows, notifications, live_events, notification_preferences`.execute(api.db)
  api.mailbox.sent.length = 0
  await bob.calls.users.follow({ id: ada.user.id })
})

afterAll(() => api.stop())

const run = { id: '1', attempt: 1, signal: new AbortController().signal }

const publish = (title = 'On looms', { calls } = ada) =>
  calls.posts.create({ title, body: '', publish: true })

const heardBy = async ({ calls }: Person) =>
  (await calls.notifications.list({ limit: 100 })).items.map(({ text }) => text)

const postEvents = () =>
  api.db.selectFrom('liveEvents').select(['userId', 'data']).where('topic', '=', 'posts').execute()

it('whoever follows an author hears of what they publish, and nobody else', async () => {
  const { id } = await publish()
  await api.drainJobs()
  expect((await bob.calls.notifications.list({})).items).toEqual([
    {
      id: expect.any(String),
      kind: 'post.published',
      title: 'ada published a post',
      text: 'On looms',
      url: `http://localhost:3000/posts/${id}`,
      data: { postId: id, postTitle: 'On looms', authorId: ada.user.id, authorUsername: 'ada' },
      readAt: null,
      createdAt: expect.any(String),
    },
  ])
  expect([await heardBy(ada), await heardBy(carol)]).toEqual([[], []])
  expect(api.mailbox.sent).toEqual([])
})

it('a draft is told to nobody until it is published', async () => {
  const { id } = await ada.calls.posts.create({ title: 'A draft', body: '' })
  await api.drainJobs()
  expect([await heardBy(bob), await postEvents()]).toEqual([[], []])
  await ada.calls.posts.publish({ id })
  await api.drainJobs()
  expect(await heardBy(bob)).toEqual(['A draft'])
})

it('streams hear of a post once, in the transaction that published it', async () => {
  const { id } = await ada.calls.posts.create({ title: 'A draft', body: '' })
  await Promise.all(Array.from({ length: 4 }, () => ada.calls.posts.publish({ id })))
  await ada.calls.posts.publish({ id })
  const { id: other } = await publish()
  expect(await postEvents()).toEqual([
    { userId: ada.user.id, data: { postId: id } },
    { userId: ada.user.id, data: { postId: other } },
  ])
})

it('published by many calls at once, a post is told of once', async () => {
  const { id } = await ada.calls.posts.create({ title: 'Once', body: '' })
  await Promise.all(Array.from({ length: 5 }, () => ada.calls.posts.publish({ id })))
  expect((await api.waitingJobs()).map(({ name }) => name)).toEqual(['notifications:announce-post'])
  await api.drainJobs()
  expect(await heardBy(bob)).toEqual(['Once'])
})

it('a job that runs twice, also at once, tells nobody twice', async () => {
  const { id: postId } = await publish('Once')
  await Promise.all([1, 2, 3].map(() => announcePost.run(api.deps, { postId }, run)))
  await api.drainJobs()
  expect(await heardBy(bob)).toEqual(['Once'])
})

it('withdrawn and published again, a post is told to nobody again', async () => {
  const { id } = await publish('Once')
  await api.drainJobs()
  await sql`update posts set published_at = null where id = ${id}`.execute(api.db)
  await ada.calls.posts.publish({ id })
  await api.drainJobs()
  expect(await heardBy(bob)).toEqual(['Once'])
})

it('followers in any number are told in batches, each once', async () => {
  await sql`
    with people as (
      insert into users (id, email, username, password_hash)
      select gen_random_uuid(), 'reader_' || n || '@example.com', 'reader_' || n, 'none'
      from generate_series(1, 450) n returning id)
    insert into follows (follower_id, followee_id) select id, ${ada.user.id} from people`.execute(api.db)
  const { id: postId } = await publish()
  const told = async () => (await api.db.selectFrom('notifications').select('userId').execute()).length
  await announcePost.run(api.deps, { postId }, run)
  expect(await told()).toBe(200)
  await api.drainJobs()
  expect(await told()).toBe(451)
  await sql`delete from users where username like 'reader%'`.execute(api.db)
})

it('of more than 30 posts an hour of one author nobody is told', async () => {
  const { db, log } = api.deps
  const limited = { ...api.deps, limits: createLimits({ factor: 1 / 10, db, log }) }
  const author = await api.person(freshName('flood'))
  await bob.calls.users.follow({ id: author.user.id })
  for (const title of ['1', '2', '3', '4']) {
    const { id: postId } = await author.calls.posts.create({ title, body: '', publish: true })
    await announcePost.run(limited, { postId }, run)
  }
  expect((await heardBy(bob)).toSorted()).toEqual(['1', '2', '3'])
  await sql`delete from graphile_worker._private_jobs`.execute(api.db)
})

it('a post counts once against that, however often its job is tried', async () => {
  const { db, log } = api.deps
  const limited = { ...api.deps, limits: createLimits({ factor: 1 / 10, db, log }) }
  const author = await api.person(freshName('flood'))
  await bob.calls.users.follow({ id: author.user.id })
  for (const title of ['1', '2', '3']) {
    const { id: postId } = await author.calls.posts.create({ title, body: '', publish: true })
    for (const attempt of [1, 1, 2, 3]) await announcePost.run(limited, { postId }, { ...run, attempt })
  }
  expect((await heardBy(bob)).toSorted()).toEqual(['1', '2', '3'])
  await sql`delete from graphile_worker._private_jobs`.execute(api.db)
})

it('a post that is deleted before it is told of is told to nobody', async () => {
  const { id } = await publish()
  await ada.calls.posts.delete({ id })
  await api.drainJobs()
  expect(await heardBy(bob)).toEqual([])
})

it('a post that is deleted is gone from every list, and comes back to none', async () => {
  const { id } = await publish()
  await publish('Another')
  await api.drainJobs()
  await ada.calls.posts.delete({ id })
  await api.drainJobs()
  expect(await heardBy(bob)).toEqual(['Another'])
  await ada.calls.posts.restore({ id })
  await api.drainJobs()
  expect(await heardBy(bob)).toEqual(['Another'])
})

it('a deletion waits for the batch that is being told, and takes back what it told', async () => {
  const { id: postId } = await publish('Told too late')
  await api.drainJobs()
  await sql`truncate notifications`.execute(api.db)
  const blocker = await api.db.startTransaction().execute()
  await sql`select from users where id = ${bob.user.id} for update`.execute(blocker)
  const told = outcomeOf(announcePost.run(api.deps, { postId }, run))
  await eventually(async () => expect(await waiting()).toBe(1))
  // One that does not wait takes back too early.
  const early = outcomeOf(ada.calls.posts.delete({ id: postId }).then(() => api.drainJobs()))
  await Promise.race([early, eventually(async () => expect(await waiting()).toBe(2))])
  await blocker.rollback().execute()
  expect(await Promise.all([told, early])).toEqual(['done', 'done'])
  await api.drainJobs()
  expect(await heardBy(bob)).toEqual([])
})

/** Known, however a test fails before it looks. */
const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => error,
  )

async function waiting(): Promise<number> {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
    api.db,
  )
  return rows.length
}

it('whoever follows no more, is suspended or left is not told', async () => {
  const [sam, vera] = [await api.person('sam'), await api.person('vera')]
  for (const { calls } of [carol, sam, vera]) await calls.users.follow({ id: ada.user.id })
  await carol.calls.users.unfollow({ id: ada.user.id })
  await sql`update users set suspended_at = now() where id = ${sam.user.id}`.execute(api.db)
  await vera.calls.users.delete()
  await publish()
  await api.drainJobs()
  const rows = await api.db.selectFrom('notifications').select('userId').execute()
  expect(rows).toEqual([{ userId: bob.user.id }])
})

it('while an author is gone, nothing of theirs is shown or counted; erased, it is erased', async () => {
  const nora = await api.person('nora')
  await bob.calls.users.follow({ id: nora.user.id })
  await publish('By nora', nora)
  await publish('By ada')
  await api.drainJobs()
  const [ofAda, ofNora] = (await bob.calls.notifications.list({})).items
  await nora.calls.users.delete()
  expect(await heardBy(bob)).toEqual(['By ada'])
  expect(await bob.calls.notifications.unreadCount()).toEqual({ count: 1 })
  await expect(bob.calls.notifications.markRead({ id: ofNora!.id })).rejects.toThrow('no such notification')
  const unread = api.db.selectFrom('notifications').select('id').where('readAt', 'is', null)
  expect(await unread.execute()).toHaveLength(2)
  await sql`update users set deleted_at = null where id = ${nora.user.id}`.execute(api.db)
  expect(await heardBy(bob)).toHaveLength(2)
  await sql`delete from users where id = ${nora.user.id}`.execute(api.db)
  const rows = await api.db.selectFrom('notifications').select('id').execute()
  expect(rows).toEqual([{ id: [ofAda, ofNora].find(({ text } = ofAda!) => text === 'By ada')!.id }])
})

it('who wants a mail of it gets one, with what is there when it goes', async () => {
  await bob.calls.notifications.preferences.update({ 'post.published': { mail: true } })
  const { id } = await publish('Mailed')
  await api.drainJobs()
  expect(api.mailbox.sent.map(({ to, subject }) => [to, subject])).toEqual([
    [bob.email, 'ada published a post'],
  ])
  expect(api.mailbox.sent[0]!.text).toContain(`http://localhost:3000/posts/${id}`)

  await publish('Withdrawn')
  api.mailbox.failure = new Error('busy')
  await api.drainJobs()
  api.mailbox.failure = undefined
  await sql`update posts set deleted_at = now() where title = 'Withdrawn'`.execute(api.db)
  await api.makeJobsDue()
  await api.drainJobs()
  expect(api.mailbox.sent).toHaveLength(1)
})

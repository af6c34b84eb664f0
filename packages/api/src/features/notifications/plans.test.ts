import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeCursor } from '../../pagination.ts'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { idOf, plansOf } from '../../testing/plans.ts'
import { listFollowerIds, listFollowersAmong } from '../users/follow-queries.ts'
import { listDigestReaders, listForDigest, markDigested, passOver } from './digest-queries.ts'
import { sweepNotifications } from './jobs.ts'
import { listIdsByRole } from './message-queries.ts'
import { withdrawPost } from './published-posts.ts'
import { deleteSurplus, listNotificationsOf } from './queries.ts'

let api: TestApi
let ada: Person
let client: pg.Client

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  client = new pg.Client({ connectionString: api.database.directUrl })
  await client.connect()
  await seed()
})

afterAll(async () => {
  await client.end()
  await api.stop()
})

/** 4,000 people, each of whom 5 follow; 50,000 notifications, of which ada has 300, a tenth unread, few for a digest. */
async function seed() {
  await client.query(`
    insert into users (id, email, username, password_hash, email_verified_at, role)
    select ${idOf('n')}, n || '@example.com', 'user_' || n, 'none', now(), case n % 100 when 0 then 'admin' else 'user' end
    from generate_series(1, 4000) n`)
  await client.query(`
    insert into follows (follower_id, followee_id)
    select ${idOf('n')}, ${idOf('((n + k * 7) % 4000 + 1)')}
    from generate_series(1, 4000) n, generate_series(1, 5) k`)
  await client.query(
    `insert into follows (follower_id, followee_id, created_at)
     select $1, ${idOf('n')}, now() - n * interval '1 minute' from generate_series(1, 4000) n`,
    [ada.user.id],
  )
  await client.query(
    `insert into notifications (id, user_id, actor_id, kind, source, data, in_app, in_digest, read_at, created_at)
     select ${idOf('n')}, case when n <= 49700 then ${idOf('(n % 4000 + 1)')} else $1::uuid end, ${idOf('(n % 400 + 1)')},
            'post.published', 'post.published:' || case when n <= 49700 then n / 100 else n end, '{}', true, n % 50 = 0,
            case when n % 10 > 0 then now() - n * interval '1 second' end, now() - n * interval '1 minute'
     from generate_series(1, 50000) n`,
    [ada.user.id],
  )
  await client.query(`
    insert into messages (id, role, subject, message, created_at)
    select ${idOf('n')}, 'user', 's', 'm', now() - n * interval '1 hour' from generate_series(1, 3000) n`)
  await client.query('vacuum analyze')
}

const id = '018bcfe5-6800-7000-8000-000000000000'
const run = { id: '1', attempt: 1, signal: new AbortController().signal }
const someone = '0183d55f-8a00-7000-8000-000000000000'

const ofAda = ['notifications_user_id']

const reads: [string, () => Promise<unknown>, string[]][] = [
  ['my notifications', () => ada.calls.notifications.list({}), ofAda],
  [
    'a later page of my notifications',
    () => ada.calls.notifications.list({ cursor: encodeCursor(['0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44']) }),
    ofAda,
  ],
  ['what I have not read', () => ada.calls.notifications.list({ unread: true }), ['notifications_unread']],
  [
    'the count of what I have not read',
    () => ada.calls.notifications.unreadCount(),
    ['notifications_unread'],
  ],
  ['a page of whom I follow', () => ada.calls.users.following({}), ['follows_newest']],
  ['followers, in batches', () => listFollowerIds(api.db, id, someone, 200), ['follows_followers']],
  ['followers among others', () => listFollowersAmong(api.db, id, [someone, ada.user.id]), ['follows']],
  ['people of a role, in batches', () => listIdsByRole(api.db, 'user', id, 200), ['users_pkey']],
  ['who has something for a digest', () => listDigestReaders(api.db, id, 200), ['notifications_in_digest']],
  ['what is for a digest', () => listForDigest(api.db, ada.user.id, 100), ['notifications_in_digest']],
  ['an export', () => listNotificationsOf(api.db, ada.user.id, undefined, 100), ofAda],
]

it.each(reads)('%s: read by its index', async (name, read, indexes) => {
  const plans = await plansOf(client, read)
  expect(plans.indexes.filter((index) => /^(follows|notif)/.test(index) || indexes.includes(index))).toEqual(
    indexes[0] === 'follows' ? [expect.stringMatching(/^follows/)] : indexes,
  )
  expect(plans.scanned.filter((table) => table !== 'sessions')).toEqual([])
  // Nobody has more than a thousand, which are sorted in no time.
  if (!/not read/.test(name)) expect(plans.sorts).toBe(0)
})

const writes: [string, () => Promise<unknown>, string[]][] = [
  ['what was deleted', () => withdrawPost.run(api.deps, { postId: id }, run), ['notifications_source_key']],
  [
    'what is too old',
    () => sweepNotifications.run(api.deps, {}, run),
    ['messages_created_at', 'notifications_created_at', 'notifications_read_at'],
  ],
  ['reading all', () => ada.calls.notifications.markAllRead(), ['notifications_unread']],
  ['what a digest named', () => markDigested(api.db, ada.user.id, [id, someone]), []],
  [
    'what a digest passed over',
    () => passOver(api.db, ada.user.id, '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44'),
    ['notifications_user_id'],
  ],
  [
    'what is more than a thousand',
    () => api.db.transaction().execute((trx) => deleteSurplus(trx, [ada.user.id], ['post.published'])),
    ['notifications_user_id'],
  ],
]

it.each(writes)('%s: found by its index', async (_, write, indexes) => {
  const plans = await plansOf(client, write)
  expect(plans.indexes).toEqual(expect.arrayContaining(indexes))
  expect(plans.scanned.filter((table) => table !== 'sessions')).toEqual([])
})

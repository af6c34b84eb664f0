import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeCursor } from '../../pagination.ts'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { idOf, plansOf } from '../../testing/plans.ts'
import { eraseDeletedPosts } from './jobs.ts'

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

/** 40,000 posts by 4,000 people, some deleted, a tenth of them drafts; and 3,000 by ada. */
async function seed() {
  await client.query(`
    insert into users (id, email, username, password_hash, email_verified_at)
    select ${idOf('n')}, n || '@example.com', 'user_' || n, 'none', now() from generate_series(1, 4000) n`)
  await client.query(
    `insert into posts (id, author_id, title, body, published_at, deleted_at)
     select ${idOf('n')}, case when n <= 40000 then ${idOf('(n % 4000 + 1)')} else $1::uuid end, 'Title', 'Body',
            case when n % 10 > 0 then now() - n * interval '1 minute' end,
            case when n % 1000 = 1 then now() - n * interval '1 minute' end
     from generate_series(1, 43000) n`,
    [ada.user.id],
  )
  await client.query('vacuum analyze')
}

const id = '018bcfe5-6800-7000-8000-000000000000'
const halfway = () => encodeCursor([new Date(Date.now() - 20_000 * 60_000).toISOString(), id])

const reads: [string, () => Promise<unknown>, string[]][] = [
  ['the feed', () => api.nobody.posts.list({}), ['posts_published', 'users_pkey']],
  [
    'a later page of the feed',
    () => api.nobody.posts.list({ cursor: halfway() }),
    ['posts_published', 'users_pkey'],
  ],
  [
    'a page of the posts of a person',
    () => api.nobody.posts.list({ authorId: ada.user.id }),
    ['posts_published_by_author', 'users_pkey'],
  ],
  [
    'a page of my drafts',
    () => ada.calls.posts.list({ drafts: true }),
    ['posts_drafts_by_author', 'users_pkey'],
  ],
]

it.each(reads)('%s is read by its index, in the order of it', async (_, read, indexes) => {
  const plans = await plansOf(client, read)
  expect(plans).toMatchObject({ indexes, sorts: 0 })
  // There is one session, which is read without an index.
  expect(plans.scanned.filter((table) => table !== 'sessions')).toEqual([])
})

it('a post is read by its id', async () => {
  const plans = await plansOf(client, () => api.nobody.posts.get({ id }).catch(() => {}))
  expect(plans).toMatchObject({ indexes: ['posts_pkey', 'users_pkey'], scanned: [] })
})

it('the nightly sweep finds what it erases by index', async () => {
  const run = { id: '1', attempt: 1, signal: new AbortController().signal }
  const plans = await plansOf(client, () => eraseDeletedPosts.run(api.deps, {}, run))
  expect(plans).toMatchObject({ indexes: ['posts_deleted_at', 'posts_pkey'], scanned: [] })
})

import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eraseUsers } from './features/users/jobs.ts'
import { sweepCredentials } from './features/auth/jobs.ts'
import { eraseDeletedPosts } from './features/posts/jobs.ts'
import { createTestApi, type Person, type TestApi } from './testing/index.ts'
import { statementsOf, type Statement } from './testing/statements.ts'

let api: TestApi
let ada: Person
let client: pg.Client

const run = { id: '1', attempt: 1, signal: new AbortController().signal }

beforeAll(async () => {
  api = await createTestApi()
  client = new pg.Client({ connectionString: api.database.directUrl })
  await client.connect()
  await seed()
  ada = await api.person('ada')
  await client.query(
    `insert into posts (id, author_id, title, body, published_at)
     select gen_random_uuid(), $1, 'Title ' || n, 'Body', now() - n * interval '1 minute'
     from generate_series(1, 3000) n`,
    [ada.user.id],
  )
  await client.query('vacuum analyze')
})

afterAll(async () => {
  await client.end()
  await api.stop()
})

/** Ids are UUIDv7 of made-up times, so that they are in the order of `n`. */
const idOf = (n: string) => `
  (lpad(to_hex(1700000000000 + ${n} * 1000), 12, '0') || '70008000000000000000'::text)::uuid`

/** 10,000 people with 40,000 posts, ada's 3,000 apart, 20,000 sessions and 2,000 mailed tokens; some of each deleted, or expired. */
async function seed() {
  await client.query(`
    insert into users (id, email, username, name, password_hash, email_verified_at, created_at, deleted_at)
    select ${idOf('n')}, n || '@example.com', 'user_' || md5(n::text), 'Name ' || md5((n + 1)::text), 'none',
           case when n % 100 > 0 then now() end, now() - n * interval '1 minute',
           case when n % 500 = 1 then now() end
    from generate_series(1, 10000) n`)
  await client.query(`
    insert into posts (id, author_id, title, body, published_at, deleted_at)
    select ${idOf('n')}, ${idOf('(n % 10000 + 1)')}, 'Title ' || n, 'Body',
           case when n % 10 > 0 then now() - n * interval '1 minute' end,
           case when n % 1000 = 1 then now() - n * interval '1 minute' end
    from generate_series(1, 40000) n`)
  await client.query(`
    insert into sessions (id, token_hash, user_id, device, ip, created_at, last_seen_at, expires_at)
    select ${idOf('n')}, sha256(n::text::bytea), ${idOf('(n % 10000 + 1)')}, 'Firefox', '', now(), now(),
           now() + (n % 300 - 2) * interval '1 hour'
    from generate_series(1, 20000) n`)
  await client.query(`
    insert into mail_tokens (id, user_id, kind, token_hash, expires_at)
    select ${idOf('n')}, ${idOf('n')}, 'verify', sha256(n::text::bytea), now() + (n % 300 - 2) * interval '1 hour'
    from generate_series(1, 2000) n`)
}

interface Plan {
  'Node Type': string
  'Index Name'?: string
  'Relation Name'?: string
  Plans?: Plan[]
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

/** How the reads and deletions that `work` runs are planned; a rolled back transaction leaves them undone. */
async function plansOf(work: () => Promise<unknown>) {
  const isPlanned = ({ text }: Statement) => /^(select|delete|update)/.test(text)
  const nodes: Plan[] = []
  for (const { text, values } of (await statementsOf(work)).filter(isPlanned)) {
    const { rows } = await client.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(
      `explain (format json) ${text}`,
      values,
    )
    nodes.push(...nodesOf(rows[0]!['QUERY PLAN'][0]!.Plan))
  }
  return {
    indexes: [...new Set(nodes.flatMap((node) => node['Index Name'] ?? []))].toSorted(),
    scanned: nodes.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']),
    sorts: nodes.filter((node) => node['Node Type'] === 'Sort').length,
  }
}

const cursorOf = (...key: string[]) => Buffer.from(JSON.stringify(key)).toString('base64url')
const someId = '018bcfe5-6800-7000-8000-000000000000'

const reads: [string, () => Promise<unknown>, string[]][] = [
  ['the feed', () => api.nobody.posts.list({}), ['posts_published', 'users_pkey']],
  [
    'a later page of the feed',
    () => api.nobody.posts.list({ cursor: cursorOf(new Date(Date.now() - 3e8).toISOString(), someId) }),
    ['posts_published', 'users_pkey'],
  ],
  [
    'the posts of a person',
    () => api.nobody.posts.list({ authorId: ada.user.id }),
    ['posts_published_by_author', 'users_pkey'],
  ],
  ['a post', () => api.nobody.posts.get({ id: someId }).catch(() => {}), ['posts_pkey', 'users_pkey']],
  ['my drafts', () => ada.calls.posts.list({ drafts: true }), ['posts_drafts_by_author', ...ofSession()]],
  ['the list of people', () => ada.calls.users.list({}), ofSession()],
  ['a later page of people', () => ada.calls.users.list({ cursor: cursorOf(someId) }), ofSession()],
  [
    'a search for something rare',
    () => ada.calls.users.search({ q: 'zebediah' }),
    ['users_name_trgm', 'users_username_trgm', ...ofSession()],
  ],
  ['my sessions', () => ada.calls.auth.sessions.list(), ['sessions_user_id_id', ...ofSession()]],
  [
    'signing in',
    () => api.nobody.auth.signIn({ email: 'none@example.com', password: 'x' }).catch(() => {}),
    ['users_email_key'],
  ],
  [
    'redeeming a token',
    () => api.nobody.auth.email.verify({ token: 'x' }).catch(() => {}),
    ['mail_tokens_token_hash_key', 'users_pkey'],
  ],
]

function ofSession() {
  return ['sessions_token_hash_key', 'users_pkey']
}

it.each(reads)('%s is read by its index', async (_, read, indexes) => {
  const plans = await plansOf(read)
  expect(plans).toMatchObject({ indexes: [...new Set(indexes)].toSorted(), scanned: [] })
})

it.each([
  ['the feed', () => api.nobody.posts.list({})],
  ['the list of people', () => ada.calls.users.list({})],
  ['my drafts', () => ada.calls.posts.list({ drafts: true })],
])('%s comes in the order of its index, and sorts nothing', async (_, read) => {
  expect((await plansOf(read)).sorts).toBe(0)
})

it('the nightly sweeps find what they delete by index', async () => {
  const swept = await plansOf(async () => {
    await sweepCredentials.run(api.deps, {}, run)
    await eraseUsers.run(api.deps, {}, run)
    await eraseDeletedPosts.run(api.deps, {}, run)
  })
  expect(swept.scanned).toEqual([])
  expect(swept.indexes).toEqual(
    expect.arrayContaining(['sessions_expires_at', 'mail_tokens_expires_at', 'posts_deleted_at']),
  )
})

it('what is seeded is there', async () => {
  const { rows } = await sql<{ count: number }>`select count(*)::int from posts`.execute(api.db)
  expect(rows[0]!.count).toBeGreaterThan(30_000)
})

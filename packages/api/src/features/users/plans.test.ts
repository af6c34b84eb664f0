import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { idOf, plansOf } from '../../testing/plans.ts'
import { sweepCredentials } from '../auth/jobs.ts'
import { eraseUsers } from './jobs.ts'

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
  // Not only the statistics: what waits beside a trigram index makes it look dear.
  await client.query('vacuum analyze')
})

afterAll(async () => {
  await client.end()
  await api.stop()
})

/** 10,000 people, 20,000 sessions and 2,000 mailed tokens; some of each deleted, unverified or expired. */
async function seed() {
  await client.query(`
    insert into users (id, email, username, name, password_hash, email_verified_at, created_at, deleted_at)
    select ${idOf('n')}, n || '@example.com', 'user_' || md5(n::text), 'Name ' || md5((n + 1)::text), 'none',
           case when n % 100 > 0 then now() end, now() - n * interval '1 minute',
           case when n % 500 = 1 then now() end
    from generate_series(1, 10000) n`)
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

const cursor = Buffer.from('["018bcfe5-6800-7000-8000-000000000000"]').toString('base64url')
const ofSession = ['sessions_token_hash_key', 'users_pkey']

const reads: [string, () => Promise<unknown>, string[]][] = [
  ['the list of people', () => ada.calls.users.list({}), ofSession],
  ['a later page of people', () => ada.calls.users.list({ cursor }), ofSession],
  [
    'a search for something rare',
    () => ada.calls.users.search({ q: 'zebediah' }),
    ['sessions_token_hash_key', 'users_name_trgm', 'users_pkey', 'users_username_trgm'],
  ],
  [
    'my list of sessions',
    () => ada.calls.auth.sessions.list(),
    ['sessions_token_hash_key', 'sessions_user_id_id', 'users_pkey'],
  ],
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

it.each(reads)('%s is read by its index', async (_, read, indexes) => {
  expect(await plansOf(client, read)).toMatchObject({ indexes, scanned: [] })
})

it('the list of people comes in the order of its index, and sorts nothing', async () => {
  expect((await plansOf(client, () => ada.calls.users.list({}))).sorts).toBe(0)
})

it('the nightly sweeps find what they delete by index', async () => {
  const { indexes, scanned } = await plansOf(client, async () => {
    await sweepCredentials.run(api.deps, {}, run)
    await eraseUsers.run(api.deps, {}, run)
  })
  expect(scanned).toEqual([])
  expect(indexes).toEqual(expect.arrayContaining(['mail_tokens_expires_at', 'sessions_expires_at']))
})

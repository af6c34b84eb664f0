import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { idOf, plansOf } from '../../testing/plans.ts'
import { forgetPerson } from '../../audit/jobs.ts'
import { sweepCredentials } from '../auth/jobs.ts'
import { eraseUsers, sweepExports } from './jobs.ts'

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

/** 10,000 people, ten times as many devices and events, and of what else a sweep looks through; some of each due. */
async function seed() {
  await client.query(`
    insert into users (id, email, username, name, password_hash, email_verified_at, created_at, deleted_at)
    select ${idOf('n')}, n || '@example.com', 'user_' || md5(n::text), 'Name ' || md5((n + 1)::text), 'none',
           case when n % 100 > 0 then now() end, now() - n * interval '2 minutes',
           case when n % 500 = 1 then now() - n * interval '2 minutes' end
    from generate_series(1, 10000) n`)
  await client.query(`
    insert into sessions (id, token_hash, user_id, device, ip, created_at, last_seen_at, expires_at)
    select ${idOf('n')}, sha256(n::text::bytea), ${idOf('(n % 10000 + 1)')}, 'Firefox', '', now(), now(),
           now() + (n % 300 - 2) * interval '1 hour'
    from generate_series(1, 20000) n`)
  await client.query(`
    insert into mail_tokens (id, user_id, kind, token_hash, expires_at)
    select ${idOf('n')}, ${idOf('n')}, 'verify', sha256(n::text::bytea), ${someDue}
    from generate_series(1, 10000) n`)
  await client.query(`
    insert into email_changes (id, user_id, old_email, new_email, undo_token_hash, undo_expires_at)
    select ${idOf('n')}, ${idOf('n')}, n || '@old.example.com', n || '@example.com', sha256(n::text::bytea),
           ${someDue}
    from generate_series(1, 10000) n`)
  await client.query(`
    insert into known_devices (user_id, fingerprint, device, last_seen_at)
    select ${idOf('(n % 10000 + 1)')}, sha256(n::text::bytea), 'Firefox',
           now() - interval '180 days' + ((n * 7 + n / 10000 * 131) % 5000 - 2) * interval '1 hour'
    from generate_series(1, 100000) n`)
  await client.query(`
    insert into audit_events (id, action, result, actor_id, subject_id, expires_at)
    select ${idOf('n')}, 'session.started', 'success', ${idOf('(n % 10000 + 1)')}, ${idOf('(n % 10000 + 1)')},
           now() + interval '1 year'
    from generate_series(1, 100000) n`)
  await client.query(`
    insert into exports (id, user_id, email, token_hash, expires_at)
    select ${idOf('n')}, ${idOf('n')}, n || '@example.com', sha256(n::text::bytea), ${someDue}
    from generate_series(1, 10000) n`)
}

/** Past for one of a hundred. */
const someDue = `now() + (n % 200 - 2) * interval '1 hour'`

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

it.each<[string, () => Promise<unknown>, string[]]>([
  [
    'credentials',
    () => sweepCredentials.run(api.deps, {}, run),
    [
      'email_changes_undo_expires_at',
      'known_devices_last_seen_at',
      'mail_tokens_expires_at',
      'sessions_expires_at',
    ],
  ],
  ['exports', () => sweepExports.run(api.deps, {}, run), ['exports_expires_at']],
  ['people', () => eraseUsers.run(api.deps, {}, run), ['users_deleted_at', 'users_pkey', 'users_unverified']],
  [
    'what the log holds on somebody',
    () => forgetPerson.run(api.deps, { id: '018bcfe5-6be8-7000-8000-000000000000' }, run),
    ['audit_events_actor_id', 'audit_events_pkey', 'audit_events_subject_id'],
  ],
])('the sweep of %s finds what it deletes by index', async (_, sweep, indexes) => {
  const plans = await plansOf(client, sweep)
  expect(plans).toMatchObject({ indexes: expect.arrayContaining(indexes), scanned: [] })
})

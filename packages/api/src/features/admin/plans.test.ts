import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApi, type Caller, type Person, type TestApi } from '../../testing/index.ts'
import { idOf, plansOf } from '../../testing/plans.ts'
import { sweepEvents } from '../../audit/jobs.ts'

let api: TestApi
let root: Person
let client: pg.Client

beforeAll(async () => {
  api = await createTestApi()
  client = new pg.Client({ connectionString: api.database.directUrl })
  await client.connect()
  await seed()
  root = await api.person('root', { role: 'admin' })
  await client.query('vacuum analyze')
})

afterAll(async () => {
  await client.end()
  await api.stop()
})

/** 20,000 people with a session and a post each, and 200,000 events, of which the 600 oldest have expired. */
async function seed() {
  await client.query(`
    insert into users (id, email, username, name, created_at, last_seen_at, suspended_at)
    select ${idOf('n')}, md5(n::text) || '@example.com', 'user_' || md5(n::text), 'Name ' || md5((n + 1)::text),
           now() - n * interval '1 minute', now() - (n / 100) * interval '1 hour',
           case when n % 1000 = 1 then now() end
    from generate_series(1, 20000) n`)
  await client.query(`
    insert into sessions (id, token_hash, user_id, device, ip, created_at, last_seen_at, expires_at)
    select ${idOf('n')}, sha256(n::text::bytea), ${idOf('n')}, 'Firefox', '', now(), now(), now() + interval '1 day'
    from generate_series(1, 20000) n`)
  await client.query(`
    insert into posts (id, author_id, title, body, published_at)
    select ${idOf('n')}, ${idOf('n')}, 'Title', 'Body', now() from generate_series(1, 20000) n`)
  await client.query(`
    insert into audit_events (id, at, action, result, actor_id, subject_id, expires_at)
    select ${idOf('n')}, now() - interval '2 days', case when n % 500 = 0 then 'user.suspended' else 'session.started' end,
           'success', ${idOf('(n % 20000 + 1)')}, ${idOf('(n % 20000 + 1)')},
           now() + case when n <= 600 then interval '-1 hour' else interval '300 days' end
    from generate_series(1, 200000) n`)
}

type Query = Parameters<Caller['admin']['users']['list']>[0]
const ofSession = ['sessions_token_hash_key', 'users_pkey']

async function cursorOf(query: Query): Promise<string> {
  const { nextCursor } = await root.calls.admin.users.list({ ...query, limit: 50 })
  return nextCursor!
}

it.each([
  ['createdAt', 'users_created_at'],
  ['username', 'users_username_key'],
  ['email', 'users_email_key'],
  ['lastSeenAt', 'users_last_seen_at'],
] as const)('the people by %s are read in the order of an index, up and down', async (sort, index) => {
  for (const order of ['asc', 'desc'] as const)
    for (const cursor of [undefined, await cursorOf({ sort, order })]) {
      const plans = await plansOf(client, () => root.calls.admin.users.list({ sort, order, cursor }))
      expect(plans).toEqual({ indexes: [...ofSession, index].toSorted(), scanned: [], sorts: 0 })
    }
})

it('a search for something rare is read by the indexes of its three columns', async () => {
  const plans = await plansOf(client, () => root.calls.admin.users.list({ q: 'zebediah' }))
  const trigrams = ['users_email_trgm', 'users_name_trgm', 'users_username_trgm']
  expect(plans).toMatchObject({ indexes: [...ofSession, ...trigrams].toSorted(), scanned: [] })
})

it('the admins are found by their own index', async () => {
  const plans = await plansOf(client, () => root.calls.admin.users.list({ role: 'admin' }))
  expect(plans).toMatchObject({
    indexes: ['sessions_token_hash_key', 'users_admins', 'users_pkey'],
    scanned: [],
  })
})

it('a person as the staff sees them is read by index, and so is what is done to them', async () => {
  const { items } = await root.calls.admin.users.list({ q: 'user_', limit: 1 })
  const { id } = items[0]!
  const { admin } = root.calls
  const deeds = [
    () => admin.users.get({ id }),
    () => admin.users.setRole({ id, role: 'moderator' }),
    () => admin.users.endSessions({ id }),
    () => admin.users.suspend({ id }),
  ]
  for (const deed of deeds) expect((await plansOf(client, deed)).scanned).toEqual([])
})

it.each<[string, object, string]>([
  ['all of it', {}, 'audit_events_pkey'],
  ['that somebody did', { actorId: '018bcfe5-6be8-7000-8000-000000000000' }, 'audit_events_actor_id'],
  [
    'that concerns somebody',
    { subjectId: '018bcfe5-6be8-7000-8000-000000000000' },
    'audit_events_subject_id',
  ],
  ['of a rare kind', { action: 'user.suspended' }, 'audit_events_action'],
])('the log is read by index: %s', async (_, filter, index) => {
  const plans = await plansOf(client, () => root.calls.admin.audit.list(filter))
  expect(plans).toMatchObject({ indexes: [index, ...ofSession].toSorted(), scanned: [] })
})

it('my own events are read by index', async () => {
  const plans = await plansOf(client, () => root.calls.auth.events({}))
  expect(plans).toMatchObject({ indexes: ['audit_events_subject_id', ...ofSession], scanned: [] })
})

it('the sweep finds what has expired by index, and leaves the rest', async () => {
  const run = { id: '1', attempt: 1, signal: new AbortController().signal }
  const plans = await plansOf(client, () => sweepEvents.run(api.deps, {}, run))
  expect(plans).toMatchObject({ indexes: ['audit_events_expires_at'], scanned: [] })
  const { rows } = await client.query(`
    select count(*)::int as all, count(*) filter (where expires_at <= now())::int as expired from audit_events
    where at < now() - interval '1 day'`)
  expect(rows).toEqual([{ all: 199_400, expired: 0 }])
})

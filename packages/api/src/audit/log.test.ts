import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApi, type TestApi } from '../testing/index.ts'
import { sweepEvents } from './jobs.ts'

let api: TestApi
let owner: pg.Client

const fresh = '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44'
const expired = '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a45'

beforeAll(async () => {
  api = await createTestApi()
  owner = new pg.Client({ connectionString: api.database.directUrl })
  await owner.connect()
  await insert(fresh, '1 year')
  await insert(expired, '-1 second')
})

afterAll(async () => {
  await owner.end()
  await api.stop()
})

async function insert(id: string, expiresIn: string) {
  await owner.query(
    `insert into audit_events (id, at, action, result, actor_id, subject_id, request_id, ip, agent, details, expires_at)
     values ($1, now() - interval '2 days', 'user.suspended', 'success', $1, $1, 'the-request', '203.0.113.7', 'Firefox',
             '{"reason": "Spam"}', now() + $2::interval)`,
    [id, expiresIn],
  )
}

const idsInLog = async () =>
  (await owner.query<{ id: string }>('select id from audit_events order by id')).rows.map(({ id }) => id)

it.each([
  'update audit_events set result = $$failure$$',
  'update audit_events set action = $$user.restored$$',
  'update audit_events set at = now()',
  'update audit_events set actor_id = null',
  'update audit_events set subject_id = gen_random_uuid()',
  'update audit_events set request_id = null',
  'update audit_events set id = gen_random_uuid()',
  'update audit_events set ip = $$203.0.113.8$$',
  'update audit_events set agent = $$Chrome$$',
  'update audit_events set details = $${}$$',
  'update audit_events set ip = null, result = $$failure$$',
  `update audit_events set expires_at = at + interval '1 day'`,
  `delete from audit_events where id = '${fresh}'`,
  'delete from audit_events',
  'truncate audit_events',
  `insert into audit_events select * from audit_events where id = '${fresh}'
   on conflict (id) do update set result = 'failure'`,
])('the owner of the database is refused: %s', async (statement) => {
  const before = await owner.query('select * from audit_events order by id')
  await expect(owner.query(statement)).rejects.toThrow('audit_events is append-only')
  expect((await owner.query('select * from audit_events order by id')).rows).toEqual(before.rows)
})

it('an event is not made to expire at once', async () => {
  const insertion = owner.query(`
    insert into audit_events (id, action, result, expires_at)
    values (gen_random_uuid(), 'user.suspended', 'success', now() + interval '23 hours')`)
  await expect(insertion).rejects.toThrow('audit_events_expires_at_check')
})

it('of what has expired the sweep leaves nothing, and nothing else goes', async () => {
  await sweepEvents.run(api.deps, {}, { id: '1', attempt: 1, signal: new AbortController().signal })
  expect(await idsInLog()).toEqual([fresh])
})

it('more than one batch of expired events goes in one sweep', async () => {
  await owner.query(`
    insert into audit_events (id, at, action, result, expires_at)
    select gen_random_uuid(), now() - interval '2 days', 'session.started', 'success', now() - interval '1 hour'
    from generate_series(1, 1200)`)
  await sweepEvents.run(api.deps, {}, { id: '1', attempt: 1, signal: new AbortController().signal })
  expect(await idsInLog()).toEqual([fresh])
})

it('what is personal may be forgotten, each for itself, and does not come back', async () => {
  for (const column of ['ip', 'agent', 'details']) {
    await owner.query(`update audit_events set ${column} = null`)
    const value = column === 'details' ? '{}' : 'x'
    await expect(owner.query(`update audit_events set ${column} = $1`, [value])).rejects.toThrow(
      'append-only',
    )
  }
  const { rows } = await owner.query('select action, subject_id, ip, agent, details from audit_events')
  expect(rows).toEqual([
    { action: 'user.suspended', subject_id: fresh, ip: null, agent: null, details: null },
  ])
})

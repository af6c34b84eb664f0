import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../ids.ts'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { exportUser } from './users.ts'

let api: TestApi
let ada: Person
let bob: Person
let mona: Person
let carol: Person
let held: Record<string, object[]>
const rowsBefore: Record<string, number> = {}

const staffIp = '198.51.100.77'

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
  mona = await api.person('mona', { role: 'moderator' })
  carol = await api.person('carol')
  await live(ada)
  await live(bob)
  for (const { table, kind, owner = 'user_id' } of inExport)
    rowsBefore[kind] = await countOf(table, owner, ada)
  held = await exportUser(api.deps, ada.email)
})

afterAll(() => api.stop())

/** Leaves something behind in every table. */
async function live({ user, email, calls }: Person) {
  await api.nobody.auth.signIn({ email, password, tokenInBody: true })
  await calls.posts.create({ title: `A draft of ${user.username}`, body: '' })
  const { id } = await calls.posts.create({ title: `Deleted by ${user.username}`, body: '', publish: true })
  await calls.posts.delete({ id })
  await calls.users.follow({ id: carol.user.id })
  await calls.notifications.preferences.update({ 'admin.message': { mail: false } })
  await sql`insert into digests (user_id, day) values (${user.id}, '2026-01-31')`.execute(api.db)
  // Every sign-in so far came from the same device: the next one is told.
  await api.callerOf({ userAgent: 'curl/8' }).auth.signIn({ email, password, tokenInBody: true })
  await api.db
    .insertInto('messages')
    .values({ id: newId(), senderId: user.id, recipientId: null, role: 'admin', subject: 's', message: 'm' })
    .execute()
  await calls.auth.email.change({ email: `new_${email}` })
  await calls.users.export()
  const staff = api.callerOf({
    authorization: `Bearer ${mona.token}`,
    ip: staffIp,
    userAgent: 'StaffBrowser/1',
  })
  await staff.admin.users.suspend({ id: user.id, reason: 'A secret reason' })
  await staff.admin.users.restore({ id: user.id })
  await api.nobody.auth.password.requestReset({ email })
  await api.nobody.auth.signIn({ email, password, tokenInBody: true })
}

/** Where each table with something on a person is in the export: by whose id, without what, and with what instead. */
const inExport: { table: string; kind: string; owner?: string; without: string[]; instead?: string[] }[] = [
  { table: 'users', kind: 'account', owner: 'id', without: ['password_hash'] },
  {
    table: 'sessions',
    kind: 'sessions',
    without: ['user_id', 'token_hash', 'authenticated_at', 'absolute_expires_at'],
  },
  { table: 'known_devices', kind: 'devices', without: ['user_id', 'fingerprint'] },
  {
    table: 'email_changes',
    kind: 'emailChanges',
    without: ['id', 'user_id', 'undo_token_hash', 'undo_expires_at'],
  },
  { table: 'follows', kind: 'follows', owner: 'follower_id', without: ['follower_id'] },
  {
    table: 'notifications',
    kind: 'notifications',
    without: ['user_id', 'actor_id', 'source'],
  },
  { table: 'notification_preferences', kind: 'notificationPreferences', without: ['user_id'] },
  { table: 'digests', kind: 'digests', without: ['user_id'] },
  { table: 'messages', kind: 'messages', owner: 'sender_id', without: ['sender_id', 'recipient_id'] },
  { table: 'posts', kind: 'posts', owner: 'author_id', without: ['author_id'] },
  {
    table: 'audit_events',
    kind: 'events',
    owner: 'subject_id',
    without: ['actor_id', 'subject_id', 'request_id', 'agent', 'expires_at'],
    instead: ['by', 'device'],
  },
  {
    table: 'audit_events',
    kind: 'deeds',
    owner: 'actor_id',
    without: ['actor_id', 'subject_id', 'request_id', 'details', 'expires_at'],
  },
]

/** Why it is in no export. */
const left: Record<string, string> = {
  mail_tokens: 'hashes of links that live for a day; that they were asked for is in the events',
  exports: 'the export itself, while it waits to be fetched',
  live_events: 'says for a day that something happened which is told where it is kept',
  live_streams: 'how many streams are open at this moment',
  idempotency_keys: 'answers of the last day, made of what is in the other tables',
}

async function countOf(table: string, owner: string, { user }: Person): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int from ${sql.table(table)} where ${sql.ref(owner)} = ${user.id}`.execute(api.db)
  return rows[0]?.count ?? 0
}

it('every table that refers to a person is in the export, or has a reason not to be', async () => {
  const known = new Set([...inExport.map(({ table }) => table), ...Object.keys(left)])
  const { rows } = await sql<{ name: string }>`
    select conrelid::regclass::text as name from pg_constraint
    where contype = 'f' and confrelid = 'users'::regclass
    union
    select table_name from information_schema.columns
    where table_schema = 'public' and data_type = 'uuid'
      and column_name ~ '^(user|actor|subject|author|owner|person|member|sender|recipient)_id$'
    union select 'users' order by name`.execute(api.db)
  expect(rows.map(({ name }) => name)).toEqual([...known].toSorted())
})

it('every kind in the export is of one of these tables', () => {
  expect(Object.keys(held).toSorted()).toEqual(inExport.map(({ kind }) => kind).toSorted())
})

it.each(inExport)(
  'of $table, as $kind, nothing is left out but $without',
  async ({ table, kind, without, instead = [] }) => {
    const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns
    where table_schema = 'public' and table_name = ${table}`.execute(api.db)
    const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
    const columns = rows.map(({ name }) => name).filter((name) => !without.includes(name))
    const keys = new Set(held[kind]!.flatMap((row) => Object.keys(row)))
    expect([...keys].toSorted()).toEqual([...columns.map(camelCase), ...instead].toSorted())
  },
)

it.each(inExport)('every row of hers in $table is told, as $kind', ({ kind }) => {
  expect(held[kind]).toHaveLength(rowsBefore[kind]!)
  expect(rowsBefore[kind]).toBeGreaterThan(0)
})

it('of others there is nothing', () => {
  const text = JSON.stringify(held)
  for (const others of [bob.user.id, bob.email, bob.user.username]) expect(text).not.toContain(others)
  for (const hers of ['A draft of ada', 'Deleted by ada', 'new_ada@example.com']) expect(text).toContain(hers)
})

it('it holds no password, hash or token', async () => {
  const text = JSON.stringify(held)
  const { rows } = await sql<{ hash: string }>`
    select encode(token_hash, 'hex') as hash from sessions union all select encode(token_hash, 'hex') from mail_tokens
    union all select encode(undo_token_hash, 'hex') from email_changes
    union all select encode(token_hash, 'hex') from exports union all select encode(fingerprint, 'hex') from known_devices
    union all select password_hash from users`.execute(api.db)
  expect(rows.length).toBeGreaterThan(10)
  for (const secret of [...rows.map(({ hash }) => hash), ada.token, password, '$argon2'])
    expect(text).not.toContain(secret)
  expect(text).not.toMatch(/hash|fingerprint|"type":"Buffer"/i)
})

it('what the staff did is in it, but not who, from where and why', () => {
  const text = JSON.stringify(held)
  expect(held.events?.map((event) => 'action' in event && event.action)).toContain('user.suspended')
  for (const secret of [staffIp, 'StaffBrowser', 'A secret reason', mona.user.id])
    expect(text).not.toContain(secret)
})

it('what somebody of the staff did is in their own export, with from where, and not to whom', async () => {
  const { deeds } = await exportUser(api.deps, mona.email)
  expect(deeds).toHaveLength(4)
  expect(deeds).toContainEqual(expect.objectContaining({ action: 'user.suspended', ip: staffIp }))
  for (const others of [ada.user.id, bob.user.id, 'A secret reason'])
    expect(JSON.stringify(deeds)).not.toContain(others)
})

it('what came before a page ends is not the last that is told', async () => {
  await sql`
    insert into posts (id, author_id, title, body)
    select gen_random_uuid(), ${bob.user.id}, 'Post ' || n, '' from generate_series(1, 250) n`.execute(api.db)
  const { posts } = await exportUser(api.deps, bob.email)
  expect(posts).toHaveLength(252)
  expect(new Set(posts!.map((post) => JSON.stringify(post))).size).toBe(252)
})

it('an operator exports nobody who is not there', async () => {
  const call = exportUser(api.deps, 'none@example.com')
  expect(await refusalOf(call)).toMatchObject({ code: 'NOT_FOUND' })
})

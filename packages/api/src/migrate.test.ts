import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterEach, expect, it } from 'vitest'
import * as users from '../migrations/0001_users.ts'
import * as auth from '../migrations/0002_auth.ts'
import * as posts from '../migrations/0003_posts.ts'
import * as workers from '../migrations/0004_workers.ts'
import * as limits from '../migrations/0005_limits.ts'
import * as accounts from '../migrations/0006_accounts.ts'
import { migrate, migrationStatus } from './migrate.ts'
import {
  createEmptyDatabase,
  createTestDatabase,
  eventually,
  silentLog,
  type TestDatabase,
} from './testing/index.ts'

let database: TestDatabase

afterEach(() => database.drop())

const deps = { log: silentLog }

async function ask<Row extends pg.QueryResultRow>(query: string, { directUrl } = database): Promise<Row[]> {
  const client = new pg.Client({ connectionString: directUrl })
  await client.connect()
  try {
    return (await client.query<Row>(query)).rows
  } finally {
    await client.end()
  }
}

const tables = async () =>
  (
    await ask<{ name: string }>(`
    select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%' order by 1`)
  ).map(({ name }) => name)

it('an empty database is migrated, by one of those that start together, and then there is nothing to do', async () => {
  database = await createEmptyDatabase()
  const before = await migrationStatus(database.directUrl, deps)
  expect(before.map(({ executedAt }) => executedAt)).toEqual(before.map(() => undefined))
  expect(await tables()).toEqual([])

  const results = await Promise.all([1, 2, 3].map(() => migrate(database.directUrl, deps)))
  const all = before.map(({ name }) => name)
  expect(results.map(({ applied }) => applied).toSorted((a, b) => b.length - a.length)).toEqual([all, [], []])
  expect(await tables()).toContain('users')

  expect(await migrate(database.directUrl, deps)).toEqual({ applied: [] })
  const after = await migrationStatus(database.directUrl, deps)
  expect(after.map(({ name }) => name)).toEqual(all)
  expect(after.every(({ executedAt }) => executedAt instanceof Date)).toBe(true)
})

it('a migration that fails leaves the schema as it was, those before it in the same start too, and no lock', async () => {
  database = await createEmptyDatabase()
  await ask('create table workers (mine text)')
  await expect(migrate(database.directUrl, deps)).rejects.toThrow(/"workers" already exists/)
  expect(await tables()).toEqual(['workers'])
  const locks = await ask(`
    select from pg_locks where locktype = 'advisory' and database = (
      select oid from pg_database where datname = current_database())`)
  expect(locks).toEqual([])
  await ask('drop table workers')
  expect((await migrate(database.directUrl, deps)).applied).toContain('0004_workers')
})

it('an older release starts on the schema of a newer one', async () => {
  database = await createTestDatabase()
  await ask(`insert into kysely_migration (name, timestamp) values ('9999_newer', '2026-01-01')`)
  expect(await migrate(database.directUrl, deps)).toEqual({ applied: [] })
})

it('a migration takes as long as it needs', async () => {
  database = await createEmptyDatabase()
  await ask(`
    create function refuse_hurry() returns event_trigger language plpgsql as $$ begin
      if current_setting('statement_timeout') <> '0' then raise 'in a hurry'; end if;
    end $$;
    create event trigger patience on ddl_command_start execute function refuse_hurry()`)
  expect((await migrate(database.directUrl, deps)).applied).not.toEqual([])
})

it('every foreign key has an index that begins with its columns and covers every row', async () => {
  database = await createTestDatabase()
  const unindexed = await ask(`
    select conrelid::regclass::text as table, conname as key from pg_constraint
    where contype = 'f' and connamespace = 'public'::regnamespace and not exists (
      select from pg_index
      where indrelid = conrelid and indpred is null
        and (indkey::int2[])[0:cardinality(conkey) - 1] = conkey)`)
  expect(unindexed).toEqual([])
})

it('what the release before wrote stays, and nobody counts as having signed in just now', async () => {
  database = await createTestDatabase()
  const db = new Kysely<never>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: database.directUrl, max: 1 }) }),
  })
  try {
    await ask('drop schema public cascade; create schema public')
    for (const { up } of [users, auth, posts, workers]) await up(db)
    await ask(`
      insert into users (id, email, username, password_hash, created_at)
      values (gen_random_uuid(), 'ada@example.com', 'ada', 'a hash', '2026-01-01T10:00:00Z');
      insert into sessions (id, token_hash, user_id, device, ip, created_at, last_seen_at, expires_at)
      select gen_random_uuid(), sha256('x'), id, 'Firefox', '', '2026-01-02T10:00:00Z', now(), now() from users;
      insert into mail_tokens (id, user_id, kind, token_hash, expires_at)
      select gen_random_uuid(), id, 'reset', sha256('x'), now() from users`)
    await db.transaction().execute((trx) => accounts.up(trx))
  } finally {
    await db.destroy()
  }
  expect(await ask('select password_hash, last_seen_at, suspended_at from users')).toEqual([
    { password_hash: 'a hash', last_seen_at: null, suspended_at: null },
  ])
  expect(await ask('select authenticated_at from sessions')).toEqual([
    { authenticated_at: new Date('1970-01-01T00:00:00Z') },
  ])
  expect(await ask('select device from known_devices')).toEqual([{ device: 'Firefox' }])
  expect(await ask('select kind, email from mail_tokens')).toEqual([{ kind: 'reset', email: null }])
})

it('a release that still serves, and holds one lock while it waits for another, delays a migration but does not fail it', async () => {
  database = await createTestDatabase()
  await goBackTo5()
  const old = new pg.Client({ connectionString: database.directUrl })
  await old.connect()
  await old.query('begin; delete from mail_tokens')
  const migrating = migrate(database.directUrl, deps)
  // It has locked the users by then, and waits for the tokens; whoever waits first finds the deadlock and gives way.
  await eventually(async () =>
    expect(
      await ask(`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and backend_type = 'client backend'`),
    ).not.toEqual([]),
  )
  await old.query('update users set updated_at = now(); commit')
  await old.end()
  expect((await migrating).applied.slice(0, 2)).toEqual(['0006_accounts', '0007_audit'])
})

/** As the release left it whose last migration was the fifth. */
async function goBackTo5() {
  const names = (await migrationStatus(database.directUrl, deps)).map(({ name }) => name).slice(0, 5)
  const db = new Kysely<never>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: database.directUrl, max: 1 }) }),
  })
  try {
    await ask('drop schema public cascade; create schema public')
    for (const { up } of [users, auth, posts, workers, limits]) await up(db)
    await ask(
      'create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)',
    )
    for (const name of names) await ask(`insert into kysely_migration values ('${name}', '2026-01-01')`)
  } finally {
    await db.destroy()
  }
}

it('what the schemas of the API refuse, the database itself refuses, too', async () => {
  database = await createTestDatabase()
  const insert = (email: string, username: string, name: string | null, role: string) =>
    ask(`
      insert into users (id, email, username, name, role, password_hash)
      values (gen_random_uuid(), '${email}', '${username}', ${name === null ? 'null' : `'${name}'`}, '${role}', '')`)
  await expect(insert('ADA@example.com', 'ada', null, 'user')).rejects.toThrow('users_email_check')
  await expect(insert('ada@example.com', 'a da', null, 'user')).rejects.toThrow('users_username_check')
  await expect(insert('ada@example.com', 'ada', '', 'user')).rejects.toThrow('users_name_check')
  await expect(insert('ada@example.com', 'ada', null, 'root')).rejects.toThrow('users_role_check')
  await insert('ada@example.com', 'ada', null, 'user')
  await expect(insert('eve@example.com', 'ADA', null, 'user')).rejects.toThrow('users_username_key')
})

it('so does it what only our own mistakes would write', async () => {
  database = await createTestDatabase()
  await ask(`insert into users (id, email, username) values (gen_random_uuid(), 'ada@example.com', 'ada')`)
  const record = (action: string, result: string, details = 'null') =>
    ask(`
      insert into audit_events (id, action, result, details, expires_at)
      values (gen_random_uuid(), '${action}', '${result}', ${details}, now() + interval '2 days')`)
  const novel = '(select jsonb_object_agg(n, gen_random_uuid()) from generate_series(1, 400) n)'
  await expect(record('suspended', 'success')).rejects.toThrow('audit_events_action_check')
  await expect(record('user.suspended', 'perhaps')).rejects.toThrow('audit_events_result_check')
  await expect(record('user.suspended', 'success', novel)).rejects.toThrow('audit_events_details_check')

  const mail = (kind: string, email: string | null) =>
    ask(`
      insert into mail_tokens (id, user_id, token_hash, expires_at, kind, email)
      select gen_random_uuid(), id, sha256('x'), now(), '${kind}', ${email === null ? 'null' : `'${email}'`} from users`)
  await expect(mail('change', null)).rejects.toThrow('mail_tokens_email_check')
  await expect(mail('reset', 'ada@example.com')).rejects.toThrow('mail_tokens_email_check')
  await expect(mail('change', 'ADA@example.com')).rejects.toThrow('mail_tokens_email_check')
  await expect(mail('other', null)).rejects.toThrow('mail_tokens_kind_check')
})

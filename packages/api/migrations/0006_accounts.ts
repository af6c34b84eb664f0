import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  // All at once and at the start, so that the release that still serves hardly ever holds one and waits for another.
  await sql`lock table users, sessions, mail_tokens in share row exclusive mode`.execute(db)

  // While an index is built, its table is read but not written. Where that takes too long, build them `concurrently` before
  // this release: those that are there are left alone.
  await sql`create index if not exists users_email_trgm on users using gin (email gin_trgm_ops)`.execute(db)
  await sql`create index if not exists users_created_at on users (created_at, id)`.execute(db)
  await sql`create index if not exists users_admins on users (id) where role = 'admin'`.execute(db)
  await sql`
    create table known_devices (
      user_id uuid not null references users on delete cascade,
      fingerprint bytea not null,
      device text not null,
      first_seen_at timestamptz(3) not null default now(),
      last_seen_at timestamptz(3) not null default now(),
      primary key (user_id, fingerprint),
      constraint known_devices_fingerprint_check check (length(fingerprint) = 32)
    )`.execute(db)
  // Who is signed in has a device already, whose fingerprint nobody knows: the next one that is new is told.
  await sql`
    insert into known_devices (user_id, fingerprint, device)
    select distinct on (user_id) user_id, sha256(token_hash), device from sessions order by user_id, id desc`.execute(
    db,
  )
  await sql`create index known_devices_last_seen_at on known_devices (last_seen_at)`.execute(db)

  // Where a link of kind 'change' goes: the address that is to be confirmed.
  await sql`
    alter table mail_tokens
      add column email text,
      drop constraint mail_tokens_kind_check,
      add constraint mail_tokens_kind_check check (kind in ('verify', 'reset', 'change')),
      add constraint mail_tokens_email_check
        check ((kind = 'change') = (email is not null) and email = lower(email) and length(email) <= 254)
    `.execute(db)

  await sql`
    create table email_changes (
      id uuid primary key,
      user_id uuid not null references users on delete cascade,
      old_email text not null,
      new_email text not null,
      undo_token_hash bytea not null,
      undo_expires_at timestamptz(3) not null,
      created_at timestamptz(3) not null default clock_timestamp(),
      constraint email_changes_undo_token_hash_check check (length(undo_token_hash) = 32)
    )`.execute(db)
  await sql`create unique index email_changes_undo_token_hash_key on email_changes (undo_token_hash)`.execute(
    db,
  )
  await sql`create index email_changes_user_id on email_changes (user_id, created_at)`.execute(db)
  await sql`create index email_changes_old_email on email_changes (old_email)`.execute(db)
  await sql`create index email_changes_undo_expires_at on email_changes (undo_expires_at)`.execute(db)

  await sql`
    create table exports (
      id uuid primary key,
      user_id uuid not null references users on delete cascade,
      email text not null,
      token_hash bytea not null,
      content bytea,
      created_at timestamptz(3) not null default now(),
      expires_at timestamptz(3) not null,
      constraint exports_token_hash_check check (length(token_hash) = 32)
    )`.execute(db)
  await sql`create unique index exports_user_id_key on exports (user_id)`.execute(db)
  await sql`create unique index exports_token_hash_key on exports (token_hash)`.execute(db)
  await sql`create index exports_expires_at on exports (expires_at)`.execute(db)

  // Last, since these lock out everybody until the end. Nothing is rewritten: a column without a default, and one whose
  // default is the same for all; but readers wait while the last index is built. Nobody counts as having signed in just now.
  await sql`
    alter table sessions add column authenticated_at timestamptz(3) not null default '1970-01-01Z'`.execute(
    db,
  )
  await sql`alter table sessions alter column authenticated_at set default now()`.execute(db)
  await sql`
    alter table users
      alter column password_hash drop not null,
      add column suspended_at timestamptz(3),
      add column last_seen_at timestamptz(3)`.execute(db)
  await sql`create index users_suspended on users (created_at, id) where suspended_at is not null`.execute(db)
  await sql`create index users_last_seen_at on users (coalesce(last_seen_at, created_at), id)`.execute(db)
}

import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create table sessions (
      id uuid primary key,
      token_hash bytea not null,
      user_id uuid not null references users on delete cascade,
      device text not null,
      ip text not null,
      created_at timestamptz(3) not null,
      last_seen_at timestamptz(3) not null,
      expires_at timestamptz(3) not null,
      absolute_expires_at timestamptz(3) not null default now() + interval '90 days',
      constraint sessions_token_hash_check check (length(token_hash) = 32),
      constraint sessions_expires_at_check check (expires_at <= absolute_expires_at)
    )`.execute(db)
  await sql`create unique index sessions_token_hash_key on sessions (token_hash)`.execute(db)
  await sql`create index sessions_user_id_id on sessions (user_id, id desc)`.execute(db)
  await sql`create index sessions_expires_at on sessions (expires_at)`.execute(db)

  await sql`
    create table mail_tokens (
      id uuid primary key,
      user_id uuid not null references users on delete cascade,
      kind text not null,
      token_hash bytea not null,
      expires_at timestamptz(3) not null,
      created_at timestamptz(3) not null default now(),
      constraint mail_tokens_kind_check check (kind in ('verify', 'reset')),
      constraint mail_tokens_token_hash_check check (length(token_hash) = 32)
    )`.execute(db)
  await sql`create unique index mail_tokens_user_id_kind_key on mail_tokens (user_id, kind)`.execute(db)
  await sql`create unique index mail_tokens_token_hash_key on mail_tokens (token_hash)`.execute(db)
  await sql`create index mail_tokens_expires_at on mail_tokens (expires_at)`.execute(db)

  await sql`
    create table signing_keys (
      id uuid primary key,
      public_jwk jsonb not null,
      private_key bytea not null,
      created_at timestamptz(3) not null default now(),
      retired_at timestamptz(3)
    )`.execute(db)
  await sql`create unique index signing_keys_current on signing_keys ((true)) where retired_at is null`.execute(
    db,
  )
}

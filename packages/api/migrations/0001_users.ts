import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await sql`create extension if not exists pg_trgm`.execute(db)
  await sql`
    create table users (
      id uuid primary key,
      email text not null,
      username text not null,
      name text,
      password_hash text not null,
      role text not null default 'user',
      email_verified_at timestamptz(3),
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      deleted_at timestamptz(3),
      constraint users_email_check check (email = lower(email) and length(email) <= 254),
      constraint users_username_check check (username ~ '^[A-Za-z0-9_]{3,50}$'),
      constraint users_name_check check (length(name) between 1 and 100),
      constraint users_role_check check (role in ('user', 'moderator', 'admin'))
    )`.execute(db)
  await sql`create unique index users_email_key on users (email)`.execute(db)
  await sql`create unique index users_username_key on users (lower(username))`.execute(db)
  await sql`create index users_username_trgm on users using gin (username gin_trgm_ops)`.execute(db)
  await sql`create index users_name_trgm on users using gin (name gin_trgm_ops)`.execute(db)
  await sql`create index users_deleted_at on users (deleted_at) where deleted_at is not null`.execute(db)
  await sql`create index users_unverified on users (created_at) where email_verified_at is null`.execute(db)
}

import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create table follows (
      follower_id uuid not null references users on delete cascade,
      followee_id uuid not null references users on delete cascade,
      created_at timestamptz(3) not null default now(),
      primary key (follower_id, followee_id),
      constraint follows_followee_id_check check (follower_id <> followee_id)
    )`.execute(db)
  // The first is how followers are told, batch by batch; the second how a person reads whom they follow.
  await sql`create unique index follows_followers on follows (followee_id, follower_id)`.execute(db)
  await sql`create index follows_newest on follows (follower_id, created_at desc, followee_id desc)`.execute(
    db,
  )

  // What was sent by hand, so that the job that hands it out names a row and holds no text.
  await sql`
    create table messages (
      id uuid primary key,
      sender_id uuid references users on delete set null,
      recipient_id uuid references users on delete cascade,
      role text,
      subject text not null,
      message text not null,
      created_at timestamptz(3) not null default now(),
      constraint messages_to_check check ((recipient_id is null) <> (role is null)),
      constraint messages_subject_check check (length(subject) between 1 and 200),
      constraint messages_message_check check (length(message) between 1 and 2000)
    )`.execute(db)
  await sql`create index messages_sender_id on messages (sender_id, id)`.execute(db)
  await sql`create index messages_recipient_id on messages (recipient_id)`.execute(db)
  await sql`create index messages_created_at on messages (created_at)`.execute(db)

  // One for each person and cause, however often the job that tells them runs. `actor_id` is whom it speaks of: it goes with
  // them, too.
  await sql`
    create table notifications (
      id uuid primary key,
      user_id uuid not null references users on delete cascade,
      actor_id uuid references users on delete cascade,
      kind text not null,
      source text not null,
      data jsonb not null,
      in_app boolean not null,
      in_digest boolean not null,
      read_at timestamptz(3),
      created_at timestamptz(3) not null default now(),
      constraint notifications_kind_check check (kind ~ '^[a-z]+(-[a-z]+)*\\.[a-z]+(-[a-z]+)*$'),
      constraint notifications_source_check check (length(source) <= 200),
      constraint notifications_data_check check (pg_column_size(data) <= 16384)
    )`.execute(db)
  await sql`create unique index notifications_source_key on notifications (source, user_id)`.execute(db)
  await sql`create index notifications_user_id on notifications (user_id, id)`.execute(db)
  await sql`
    create index notifications_unread on notifications (user_id, id)
    where read_at is null and in_app`.execute(db)
  await sql`
    create index notifications_in_digest on notifications (user_id, id)
    where read_at is null and in_digest`.execute(db)
  await sql`create index notifications_actor_id on notifications (actor_id)`.execute(db)
  await sql`create index notifications_read_at on notifications (read_at) where read_at is not null`.execute(
    db,
  )
  await sql`create index notifications_created_at on notifications (created_at)`.execute(db)

  // What differs from the kind's own defaults.
  await sql`
    create table notification_preferences (
      user_id uuid not null references users on delete cascade,
      kind text not null,
      in_app boolean not null,
      mail boolean not null,
      digest boolean not null,
      updated_at timestamptz(3) not null default now(),
      primary key (user_id, kind)
    )`.execute(db)

  // The day of the last one, so that there is none more on the same.
  await sql`
    create table digests (
      user_id uuid primary key references users on delete cascade,
      day date not null
    )`.execute(db)
}

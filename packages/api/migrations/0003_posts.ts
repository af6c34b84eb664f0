import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create table posts (
      id uuid primary key,
      author_id uuid not null references users on delete cascade,
      title text not null,
      body text not null,
      published_at timestamptz(3),
      version integer not null default 1,
      created_at timestamptz(3) not null default now(),
      updated_at timestamptz(3) not null default now(),
      deleted_at timestamptz(3),
      constraint posts_title_check check (length(title) between 1 and 200),
      constraint posts_body_check check (length(body) <= 50000)
    )`.execute(db)
  await sql`
    create index posts_published on posts (published_at desc, id desc)
    where published_at is not null and deleted_at is null`.execute(db)
  await sql`
    create index posts_published_by_author on posts (author_id, published_at desc, id desc)
    where published_at is not null and deleted_at is null`.execute(db)
  await sql`
    create index posts_drafts_by_author on posts (author_id, id desc)
    where published_at is null and deleted_at is null`.execute(db)
  // The others are partial; erasing a person, which takes the posts along, needs one of all their posts.
  await sql`create index posts_author_id on posts (author_id)`.execute(db)
  await sql`create index posts_deleted_at on posts (deleted_at) where deleted_at is not null`.execute(db)
}

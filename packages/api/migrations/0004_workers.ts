import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create table workers (
      id text primary key,
      seen_at timestamptz not null default now()
    )`.execute(db)
}

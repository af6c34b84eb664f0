import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  // Read in the order of (transaction, id), and only what is older than every transaction that still runs: ids alone are
  // given before the commit, and whoever remembers the last one that it saw skips what commits late.
  await sql`
    create table live_events (
      id bigint generated always as identity,
      transaction_id xid8 not null default pg_current_xact_id(),
      topic text not null,
      user_id uuid,
      kind text not null,
      data jsonb not null,
      at timestamptz(3) not null default now(),
      primary key (transaction_id, id),
      constraint live_events_data_check check (pg_column_size(data) <= 8192)
    )`.execute(db)
  // What somebody missed is looked up by whom it is for, or by whose deed it is; what is for a permission has nobody.
  await sql`create index live_events_user_id on live_events (user_id, transaction_id, id)`.execute(db)
  await sql`create index live_events_at on live_events (at)`.execute(db)
}

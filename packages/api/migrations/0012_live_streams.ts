import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  // Who has how many streams open, on all servers: a person has so many slots, and a server keeps those it gave away by renewing
  // them. Unlogged, as a stream does not outlive a crash either; with room for the renewals in the same page.
  await sql`
    create unlogged table live_streams (
      user_id uuid not null,
      slot smallint not null,
      server_id uuid not null,
      until timestamptz not null,
      primary key (user_id, slot)
    ) with (fillfactor = 50)`.execute(db)
  await sql`create index live_streams_server_id on live_streams (server_id)`.execute(db)
}

import { sql, type Kysely } from 'kysely'

// The columns are those that rate-limiter-flexible expects, in its order. Unlogged, as a count is worth no write to
// the disk while others wait for its row; after a crash all start from nothing. Half of each page is left to the
// next versions of its rows, so that counting touches no index.
export async function up(db: Kysely<never>): Promise<void> {
  await sql`
    create unlogged table rate_limits (
      key text primary key,
      points integer not null,
      expire bigint not null
    ) with (fillfactor = 50)`.execute(db)
  await sql`create index rate_limits_expire on rate_limits (expire)`.execute(db)
}

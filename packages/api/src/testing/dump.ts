import { sql, type Kysely } from 'kysely'
import type { Database } from '../db.ts'

/** Every row of every table as text, those of graphile_worker and Kysely too: what a thief of a backup holds. */
export async function dumpOf(db: Kysely<Database>): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`.execute(db)
  const contents = await Promise.all(
    tables.map(({ name }) => sql<{ row: string }>`select t::text as row from ${sql.raw(name)} t`.execute(db)),
  )
  return contents.flatMap(({ rows }) => rows.map(({ row }) => row)).join('\n')
}

/** Whether a dump holds a secret: as it is, in hexadecimal as bytea shows it, or in base64. */
export function holds(dump: string, secret: string): boolean {
  const bytes = Buffer.from(secret)
  return [secret, bytes.toString('hex'), bytes.toString('base64')].some((form) => dump.includes(form))
}

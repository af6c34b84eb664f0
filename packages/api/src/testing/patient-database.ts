import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import { createPool, type Database, type DatabaseOptions } from '../db.ts'

/** For crowds: the last of them waits for a connection as long as a busy machine takes. */
export function createPatientDatabase(options: DatabaseOptions): Kysely<Database> {
  const pool = createPool(options)
  pool.options.connectionTimeoutMillis = 60_000
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  })
}

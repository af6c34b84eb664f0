import { readdir } from 'node:fs/promises'
import { runMigrations } from 'graphile-worker'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Migrator, type Migration, type MigrationInfo } from 'kysely/migration'
import { createPool, isRetryable } from './db.ts'
import type { Deps } from './deps.ts'
import { quietLogger } from './jobs/run.ts'

const folder = new URL('../migrations/', import.meta.url)
const lockKey = 7_836_701

export interface MigrationResult {
  /** Names of the migrations that this call ran. */
  applied: string[]
}

/**
 * Brings the schema up to date. Of processes that start together one migrates, the others wait for it.
 * A migration that fails leaves the schema as it was.
 * @throws what the failed migration threw
 */
export function migrate(url: string, deps: Pick<Deps, 'log'>): Promise<MigrationResult> {
  return withMigrator(url, deps, async (migrator, db, pool) => {
    return db.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(${lockKey})`.execute(connection)
      try {
        await runMigrations({ pgPool: pool, logger: quietLogger(deps) })
        if (await isDone(migrator)) return { applied: [] }
        return { applied: await migrateUntilDone(migrator) }
      } finally {
        await sql`select pg_advisory_unlock(${lockKey})`.execute(connection)
      }
    })
  })
}

/** A release that still serves may hold a lock that a migration waits for, and wait for one of its own: then once more. */
async function migrateUntilDone(migrator: Migrator): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    const { error, results = [] } = await migrator.migrateToLatest()
    if (!error) return results.map(({ migrationName }) => migrationName)
    if (attempt === 5 || !isRetryable(error)) throw error
  }
}

/** While a newer release rolls out, the older one starts on its schema, whose migrations it doesn't know. */
async function isDone(migrator: Migrator): Promise<boolean> {
  return (await migrator.getMigrations()).every(({ executedAt }) => executedAt !== undefined)
}

/** Every migration, and when it ran. */
export function migrationStatus(url: string, deps: Pick<Deps, 'log'>): Promise<readonly MigrationInfo[]> {
  return withMigrator(url, deps, (migrator) => migrator.getMigrations())
}

async function withMigrator<T>(
  url: string,
  { log }: Pick<Deps, 'log'>,
  work: (migrator: Migrator, db: Kysely<unknown>, pool: ReturnType<typeof createPool>) => Promise<T>,
): Promise<T> {
  const pool = createPool({ url, log, max: 3, isPatient: true })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    return await work(new Migrator({ db, provider: { getMigrations: loadMigrations } }), db, pool)
  } finally {
    await db.destroy()
  }
}

async function loadMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ts')).toSorted()
  const load = async (name: string): Promise<[string, Migration]> => [
    name.slice(0, -'.ts'.length),
    await import(new URL(name, folder).href),
  ]
  return Object.fromEntries(await Promise.all(files.map(load)))
}

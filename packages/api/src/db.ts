import { CamelCasePlugin, Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import type { Database } from './features/index.ts'
import type { Log } from './deps.ts'

export type { Database }

export interface DatabaseOptions {
  url: string
  log: Pick<Log, 'warn'>
  /** Connections at most; four serve as many requests as fifty. */
  max?: number
  /** A transaction-mode pooler keeps no session state, so PostgreSQL can't be told of time-outs. */
  isPooler?: boolean
  /** Statements take as long as they need: for migrations, and for waiting for them. */
  isPatient?: boolean
  /** How long an answer is waited for before the connection is given up: longer than PostgreSQL takes to end a statement. */
  answerMs?: number
}

/** The pool is the caller's to end, with `db.destroy()`. */
export function createDatabase(options: DatabaseOptions): Kysely<Database> {
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool: createPool(options) }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  })
}

export function createPool(options: DatabaseOptions): pg.Pool {
  const { url, log, max = 10 } = options
  const pool = new pg.Pool({
    connectionString: url,
    max,
    // An exhausted pool or an unreachable server is a 503 soon, not a wait for ever.
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    application_name: 'tenon',
    keepAlive: true,
    ...timeouts(options),
  })
  const report = (err: Error) => {
    // A pool that ends does not wait for its connections to close; PostgreSQL may stop first.
    if (!pool.ending) log.warn({ err }, 'a database connection was lost')
  }
  // Without listeners, a restart of PostgreSQL ends the process. The connection's own tells of it, once.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', report)
    endWhenUnanswered(client)
  })
  return pool
}

function timeouts({ isPooler = false, isPatient = false, answerMs }: DatabaseOptions): pg.PoolConfig {
  if (isPooler) return { query_timeout: answerMs ?? 15_000 }
  if (isPatient) return { options: '-c statement_timeout=0' }
  return {
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 30_000,
    query_timeout: answerMs ?? 20_000,
  }
}

interface Client {
  query(...given: unknown[]): unknown
  end(): Promise<void>
}

/** Given back to the pool, it would keep the next query waiting for the same answer. A rollback fails for the same reason. */
function endWhenUnanswered(client: Client): void {
  const { prototype }: { prototype: Client } = pg.Client
  const giveUp = (error: unknown) => {
    if (!isUnanswered(error)) return
    client.query = () => Promise.reject(error)
    void client.end()
  }
  client.query = (...given) => {
    const result = prototype.query.apply(client, given)
    if (result instanceof Promise) result.catch(giveUp)
    return result
  }
}

/** In pg's words. */
const isUnanswered = (error: unknown) => error instanceof Error && error.message === 'Query read timeout'

/** Runs `work` in a transaction, again when PostgreSQL says that only the timing was wrong. */
export async function inTransaction<T>(
  db: Kysely<Database>,
  work: (trx: Transaction<Database>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (attempt === 3 || !isRetryable(error)) throw error
    }
  }
}

/** Only the timing was wrong. */
export const isRetryable = (error: unknown) =>
  ['40001', '40P01'].includes((error as { code?: string }).code ?? '')

/** The name of the unique index that an insert or update ran into. */
export function violatedUnique(error: unknown): string | undefined {
  const { code, constraint } = error as { code?: string; constraint?: string }
  return code === '23505' ? constraint : undefined
}

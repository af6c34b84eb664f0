import {
  CompiledQuery,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type ControlledTransaction,
  type DatabaseConnection,
  type Driver,
  type Transaction,
} from 'kysely'
import type { Database } from './db.ts'

type Begun = ControlledTransaction<Database>

const outsides = new WeakMap<Kysely<Database>, Kysely<Database>>()

/** For what must stay although the transaction is rolled back. */
export const outsideOf = (db: Kysely<Database>): Kysely<Database> => outsides.get(db) ?? db

/**
 * Everything that `work` does with the database it is given happens in one transaction; transactions in it are
 * savepoints. It begins with the first statement, so that no connection waits for what comes before that. `first` is done
 * at its beginning; when `first` or `work` throws, nothing happened.
 */
export async function inLazyTransaction<T>(
  db: Kysely<Database>,
  first: (trx: Transaction<Database>) => Promise<void>,
  work: (joined: Kysely<Database>) => Promise<T>,
): Promise<T> {
  let begun: Promise<Begun> | undefined
  try {
    const result = await work(joinedTo(db, () => (begun ??= begin(db, first))))
    await (await begun)?.commit().execute()
    return result
  } catch (error) {
    await rollBack(await begun?.catch(() => undefined))
    throw error
  }
}

async function begin(db: Kysely<Database>, first: (trx: Begun) => Promise<void>): Promise<Begun> {
  const trx = await db.startTransaction().execute()
  try {
    await first(trx)
    return trx
  } catch (error) {
    await rollBack(trx)
    throw error
  }
}

/** Also gives the connection back, when the commit failed with it. */
async function rollBack(trx: Begun | undefined): Promise<void> {
  if (!trx || trx.isCommitted || trx.isRolledBack) return
  await trx
    .rollback()
    .execute()
    // What there is to tell was told by the error that led here.
    .catch(() => {})
}

function joinedTo(db: Kysely<Database>, open: () => Promise<Begun>): Kysely<Database> {
  const joined = new Kysely<Database>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createIntrospector: (own) => new PostgresIntrospector(own),
      createDriver: () => savepointDriver(open),
    },
    plugins: [...db.getExecutor().plugins],
  })
  outsides.set(joined, db)
  return joined
}

function savepointDriver(open: () => Promise<Begun>): Driver {
  const connection: DatabaseConnection = {
    async executeQuery(query) {
      const trx = await open()
      return trx.getExecutor().provideConnection((own) => own.executeQuery(query))
    },
    streamQuery: () => {
      throw new Error('Nothing is streamed in a transaction that others join')
    },
  }
  const run = async (statement: string) => {
    await connection.executeQuery(CompiledQuery.raw(statement))
  }
  const nothing = async () => {}
  return {
    init: nothing,
    destroy: nothing,
    acquireConnection: async () => connection,
    releaseConnection: nothing,
    beginTransaction: () => run('savepoint joined'),
    commitTransaction: () => run('release savepoint joined'),
    async rollbackTransaction() {
      await run('rollback to savepoint joined')
      await run('release savepoint joined')
    },
  }
}

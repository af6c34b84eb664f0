import { sql } from 'kysely'

const prefix = 'careful/'

/** By which Graphile Worker knows a job that only the careful lane may take. */
export const carefulName = (name: string) => prefix + name

export const bareName = (identifier: string) =>
  identifier.startsWith(prefix) ? identifier.slice(prefix.length) : identifier

/** The same of a row of `graphile_worker._private_tasks`, here called `tasks`. */
export const jobName = sql<string>`replace(tasks.identifier, ${sql.lit(prefix)}, '')`

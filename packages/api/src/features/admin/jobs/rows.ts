import { sql, type Expression, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import type { Database } from '../../../db.ts'
import { maxJobId } from './input.ts'

/** A job, its task and its queue, by the names that `liveState` knows. */
export const liveJobs = sql`
  graphile_worker._private_jobs jobs
  join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id
  left join graphile_worker._private_job_queues queues on queues.id = jobs.job_queue_id`

/** Outcomes after which a job is gone from the queue, unless the staff has it tried again. */
export const isEnd = (runs: string) =>
  sql<boolean>`${sql.ref(`${runs}.outcome`)} in ('succeeded', 'failed', 'cancelled')`

/**
 * Runs of jobs of a name, as a range of the index of names. With an equation PostgreSQL takes the order by job for the same as that
 * by name and job, and looks for a rare name through the jobs of all others.
 */
export const isOfName = (name: Expression<unknown>) => sql<boolean>`
  (runs.name, runs.job_id) >= (${name}, 0) and (runs.name, runs.job_id) <= (${name}, ${sql.lit(maxJobId)}::bigint)`

/** When a live job was last begun, ended or rescheduled; before its first attempt, when it was enqueued. */
export const liveAt: RawBuilder<Date> = sql`case
  when jobs.locked_at is not null then jobs.locked_at
  when jobs.attempts = 0 and jobs.last_error is null then jobs.created_at
  else jobs.updated_at end`

/** The first line, with … for what differs between errors that are the same: words with a number, and addresses. */
export const folded = (message: string) => sql<string>`
  regexp_replace(left(split_part(${sql.ref(message)}, chr(10), 1), 300),
    '[[:alnum:]_.@+…-]*[0-9@][[:alnum:]_.@+…-]*', '…', 'g')`

/** Below the 15 s that a connection of ours allows; through a pooler it is the one limit that PostgreSQL knows of. */
export async function limitStatements(trx: Transaction<Database>): Promise<void> {
  await sql`set local statement_timeout = '10s'`.execute(trx)
}

/** One snapshot for all that is read, so that a job that moves on meanwhile is neither lost nor doubled. */
export function readJobs<T>(
  db: Kysely<Database>,
  read: (trx: Transaction<Database>) => Promise<T>,
): Promise<T> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => {
      await limitStatements(trx)
      return read(trx)
    })
}

import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import type { Database } from '../../../db.ts'

/** A job, its task and its queue, by the names that `liveState` knows. */
export const liveJobs = sql`
  graphile_worker._private_jobs jobs
  join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id
  left join graphile_worker._private_job_queues queues on queues.id = jobs.job_queue_id`

/** Outcomes after which a job is gone from the queue, unless the staff has it tried again. */
export const isEnd = (runs: string) =>
  sql<boolean>`${sql.ref(`${runs}.outcome`)} in ('succeeded', 'failed', 'cancelled')`

/** When a live job was last begun or ended; before its first attempt, when it was enqueued. */
export const liveAt: RawBuilder<Date> = sql`case
  when jobs.locked_at is not null then jobs.locked_at
  when jobs.attempts = 0 and jobs.last_error is null then jobs.created_at
  else coalesce((select max(ended_at) from job_runs where job_runs.job_id = jobs.id), jobs.created_at) end`

/** The first line, with … for what differs between errors that are the same: addresses, ids and numbers. */
export const folded = (message: string) => sql<string>`
  regexp_replace(left(split_part(${sql.ref(message)}, chr(10), 1), 300),
    '[^[:space:]@<>"'']+@[^[:space:]@<>"'']+|\\m(?=[a-f-]*[0-9])[0-9a-f-]{8,}\\M|[0-9]+', '…', 'gi')`

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

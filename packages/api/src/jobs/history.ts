import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Database } from '../db.ts'
import type { Attempt } from './attempt.ts'
import { redactPayload, redactText } from './redact.ts'
import type { JobOutcome } from './tables.ts'

/** An attempt that is over. */
export interface End extends Attempt {
  /** Milliseconds since 1970, as `startedAt`. */
  endedAt: number
  outcome: JobOutcome
  error?: Error
}

/**
 * The rows of the attempts `ends`, for the jobs that `held` gives as (id, queue_id). Arrays rather than rows of parameters, so that
 * a statement is the same for one and for hundreds. How long ago it was, by the database's clock: the sweep goes by that, and no
 * worker's need be right.
 */
export function insertRuns(ends: readonly End[], worker: string | null): RawBuilder<unknown> {
  const column = <T>(valueOf: (end: End) => T) => ends.map(valueOf)
  const now = Date.now()
  const ageOf = (at: number) => Math.max(0, now - at)
  return sql`
    insert into job_runs (job_id, name, queue, attempt, max_attempts, worker, started_at, ended_at, outcome,
                          error_message, error_stack, payload)
    select held.id, run.name, queues.queue_name, run.attempt, run.max_attempts, ${worker}::text,
           statement_timestamp() - run.began_ago * interval '1 millisecond',
           statement_timestamp() - run.ended_ago * interval '1 millisecond', run.outcome,
           run.message, run.stack, run.payload
    from unnest(
      ${column(({ row }) => row.id)}::bigint[],
      ${column(({ job }) => job.name)}::text[],
      ${column(({ row }) => row.attempts)}::int[],
      ${column(({ row }) => row.max_attempts)}::int[],
      ${column(({ startedAt, endedAt }) => Math.max(ageOf(startedAt), ageOf(endedAt)))}::float8[],
      ${column(({ endedAt }) => ageOf(endedAt))}::float8[],
      ${column(({ outcome }) => outcome)}::text[],
      ${column(({ error }) => (error ? redactText(messageOf(error), 2_000) : null))}::text[],
      ${column(({ error }) => (error?.stack ? redactText(stackOf(error), 8_000) : null))}::text[],
      ${column(({ row }) => JSON.stringify(redactPayload(row.payload)))}::jsonb[]
    ) as run (id, name, attempt, max_attempts, began_ago, ended_ago, outcome, message, stack, payload)
    join held on held.id = run.id
    left join graphile_worker._private_job_queues queues on queues.id = held.job_queue_id`
}

/** Never empty: a job that failed says so. */
export const messageOf = ({ message, name }: Error) => message || name || 'It failed without a message'

/** With what caused it, a few times: causes may go in a circle. */
function stackOf({ stack = '', cause }: Error, causes = 5): string {
  return cause instanceof Error && causes > 0 ? `${stack}\ncaused by ${stackOf(cause, causes - 1)}` : stack
}

/**
 * When this job was first put off for what is away, if it was since its last attempt that counted, and since it was last enqueued or
 * retried by the staff, which takes its error from it. Of each row of times it was put off the history has the first.
 */
export async function postponedSince(db: Kysely<Database>, { row }: Attempt): Promise<number | undefined> {
  if (row.last_error === null) return undefined
  const runs = db.selectFrom('jobRuns').where('jobId', '=', row.id)
  const { since } = await runs
    .select(({ fn }) => fn.max('startedAt').as('since'))
    .where('outcome', '=', 'postponed')
    .where(({ eb, fn }) =>
      eb(
        'id',
        '>',
        runs
          .select(fn.coalesce(fn.max('id'), sql<string>`0`).as('id'))
          .where('outcome', 'in', ['retrying', 'failed']),
      ),
    )
    .executeTakeFirstOrThrow()
  return since?.getTime()
}

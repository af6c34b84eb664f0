import { sql } from 'kysely'

/** Of a job that has not ended. Who failed waits for the staff: to be retried or cancelled. */
export const liveStates = ['waiting', 'scheduled', 'running', 'retrying', 'failed'] as const

export const jobStates = [...liveStates, 'succeeded', 'cancelled'] as const

export type JobState = (typeof jobStates)[number]

/**
 * Of a row of `graphile_worker._private_jobs`, here called `jobs`. Being postponed costs no attempt, but leaves its error. By the
 * time of the statement: a transaction that began before another made the job due sees it due.
 */
export const liveState = sql<(typeof liveStates)[number]>`case
  when jobs.locked_at is not null then 'running'
  when jobs.attempts >= jobs.max_attempts then 'failed'
  when jobs.attempts > 0 or jobs.last_error is not null then 'retrying'
  when jobs.run_at > statement_timestamp() then 'scheduled'
  else 'waiting' end`

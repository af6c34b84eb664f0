import { sql, type Transaction } from 'kysely'
import type { Database } from '../../../db.ts'
import { liveState } from '../../../jobs/states.ts'

interface LiveCounts {
  waiting: number
  scheduled: number
  retrying: number
  running: number
  failed: number
  oldestDueSeconds: number | null
}

export async function countLiveJobs(trx: Transaction<Database>): Promise<LiveCounts> {
  const { rows } = await sql<LiveCounts>`
    select count(*) filter (where state = 'waiting')::integer as waiting,
           count(*) filter (where state = 'scheduled')::integer as scheduled,
           count(*) filter (where state = 'retrying')::integer as retrying,
           count(*) filter (where state = 'running')::integer as running,
           count(*) filter (where state = 'failed')::integer as failed,
           extract(epoch from now() - min(run_at) filter (
             where state in ('waiting', 'retrying') and run_at <= now()))::float8 as oldest_due_seconds
    from (select ${liveState} as state, jobs.run_at from graphile_worker._private_jobs jobs) live`.execute(
    trx,
  )
  return rows[0]!
}

interface HourOfJob {
  name: string
  succeeded: number
  failedAttempts: number
  failed: number
  cancelled: number
  runs: number
  p50Ms: number | null
  p95Ms: number | null
  lastEndedAt: Date
}

/** What ended in the last hour, by name, the busiest first. */
export async function countLastHour(trx: Transaction<Database>, limit: number): Promise<HourOfJob[]> {
  const milliseconds = sql`extract(epoch from ended_at - started_at)::float8 * 1000`
  const { rows } = await sql<HourOfJob>`
    select name,
           count(*) filter (where outcome = 'succeeded')::integer as succeeded,
           count(*) filter (where outcome in ('failed', 'retrying'))::integer as failed_attempts,
           count(*) filter (where outcome = 'failed')::integer as failed,
           count(*) filter (where outcome = 'cancelled')::integer as cancelled,
           count(*) filter (where outcome <> 'cancelled')::integer as runs,
           percentile_cont(0.5) within group (order by ${milliseconds}) filter (where outcome <> 'cancelled') as p50_ms,
           percentile_cont(0.95) within group (order by ${milliseconds}) filter (where outcome <> 'cancelled') as p95_ms,
           max(ended_at) as last_ended_at
    from job_runs where ended_at > now() - interval '1 hour'
    group by name order by count(*) desc, name limit ${limit}`.execute(trx)
  return rows
}

import type { Job as GraphileJob } from 'graphile-worker'
import type pg from 'pg'
import { DependencyAwayError, PermanentJobError } from './errors.ts'

const day = 24 * 60 * 60

export interface Verdict {
  attempts: number
  maxAttempts: number
  /** Until the next attempt. */
  delaySeconds: number
}

type Failed = Pick<GraphileJob, 'attempts' | 'max_attempts' | 'created_at'>

/** After 60, 120, 240 s …; with a dependency away, soon and without counting; after a permanent error, never. */
export function judge(error: unknown, job: Failed, now = Date.now(), random = Math.random()): Verdict {
  const { attempts, max_attempts: maxAttempts } = job
  const ageSeconds = (now - job.created_at.getTime()) / 1000
  if (error instanceof PermanentJobError) return { attempts, maxAttempts: attempts, delaySeconds: 0 }
  if (error instanceof DependencyAwayError) {
    if (ageSeconds > day) return { attempts, maxAttempts: attempts, delaySeconds: 0 }
    return { attempts: attempts - 1, maxAttempts, delaySeconds: Math.min(60, Math.max(5, ageSeconds)) }
  }
  return { attempts, maxAttempts, delaySeconds: 60 * 2 ** (attempts - 1) * (1 + random / 10) }
}

/**
 * Writes the verdict while the job is still locked by us. Graphile Worker then notes the failure, unlocks the job
 * and adds its own `exp(attempts)` seconds to `run_at`; so that much is taken off here.
 */
export async function settle(pool: pg.Pool, { id, locked_by: lockedBy }: GraphileJob, verdict: Verdict) {
  const { attempts, maxAttempts, delaySeconds } = verdict
  await pool.query(
    `update graphile_worker._private_jobs
     set attempts = $3::int, max_attempts = $4::int,
         run_at = now() + greatest(0, $5::float8 - exp(least($3::int, 10))) * interval '1 second'
     where id = $1 and locked_by = $2`,
    [id, lockedBy, attempts, maxAttempts, delaySeconds],
  )
}

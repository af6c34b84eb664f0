import type { Job as GraphileJob } from 'graphile-worker'
import { toFailure } from '../errors.ts'
import type { Backoff } from './backoff.ts'
import type { Job } from './define.ts'
import { DependencyAwayError, PermanentJobError } from './errors.ts'
import type { JobOutcome } from './tables.ts'

const day = 24 * 60 * 60

/** What becomes of a job whose attempt failed. */
export interface Verdict {
  outcome: Exclude<JobOutcome, 'succeeded' | 'cancelled'>
  attempts: number
  maxAttempts: number
  /** Until the next attempt. */
  delaySeconds: number
}

type Failed = Pick<GraphileJob, 'attempts' | 'max_attempts'>

/**
 * Later, by the job's backoff; with a dependency away soon and without counting, for a day at most; after a permanent error
 * never.
 * @param awaySeconds since when it has been postponed
 */
export function judge(
  error: unknown,
  { attempts, max_attempts: maxAttempts }: Failed,
  { backoff }: Pick<Job, 'backoff'>,
  awaySeconds = 0,
  random = Math.random(),
): Verdict {
  const isAway = isDependencyAway(error)
  if (error instanceof PermanentJobError || (isAway && awaySeconds > day))
    return { outcome: 'failed', attempts, maxAttempts: attempts, delaySeconds: 0 }
  if (isAway) {
    const delaySeconds = Math.min(60, Math.max(5, awaySeconds))
    return { outcome: 'postponed', attempts: attempts - 1, maxAttempts, delaySeconds }
  }
  if (attempts >= maxAttempts) return { outcome: 'failed', attempts, maxAttempts, delaySeconds: 0 }
  const delaySeconds = secondsOf(backoff, attempts) * (1 + random / 10)
  return { outcome: 'retrying', attempts, maxAttempts, delaySeconds }
}

/** Our own database is one, too: no job is to blame for its restart. */
export const isDependencyAway = (error: unknown) =>
  error instanceof DependencyAwayError || toFailure(error).apiCode === 'UNAVAILABLE'

/** Whatever a policy of somebody's own does, the job must be able to end. */
function secondsOf(backoff: Backoff, attempts: number): number {
  try {
    const seconds = backoff(attempts)
    return Number.isNaN(seconds) ? 60 : Math.min(day, Math.max(0, seconds))
  } catch {
    return 60
  }
}

/** What ended because its worker was asked to stop: another worker begins it anew. */
export const interrupted = ({ attempts, max_attempts: maxAttempts }: Failed): Verdict => ({
  outcome: 'interrupted',
  attempts: attempts - 1,
  maxAttempts,
  delaySeconds: 1,
})

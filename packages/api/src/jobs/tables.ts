import type { ColumnType, Generated } from 'kysely'

export const jobOutcomes = [
  'succeeded',
  'retrying',
  'postponed',
  'failed',
  'interrupted',
  'cancelled',
] as const

/** How an attempt ended: `retrying` and `postponed` are followed by another, the second without having counted. */
export type JobOutcome = (typeof jobOutcomes)[number]

export interface JobsTables {
  workers: {
    /** The pool that Graphile Worker locks jobs with. */
    id: string
    /** `host:pid`, for people. */
    name: Generated<string>
    startedAt: Generated<Date>
    seenAt: Generated<Date>
    /** It takes no jobs ahead: what it has locked is running. */
    isCareful: Generated<boolean>
    /** The ids of the jobs that were running when it was last seen. */
    running: Generated<string[]>
  }
  jobRuns: {
    id: Generated<string>
    jobId: string
    name: string
    queue: string | null
    attempt: number
    maxAttempts: number
    /** `host:pid`; null for what was done to a job that did not run. */
    worker: string | null
    startedAt: Date
    endedAt: Date
    outcome: JobOutcome
    errorMessage: string | null
    errorStack: string | null
    /** Without secrets. */
    payload: ColumnType<unknown, string | null, never>
  }
  queueSamples: {
    at: Date
    /** Empty for jobs without one. */
    queue: string
    waiting: number
    scheduled: number
    retrying: number
    running: number
    failed: number
  }
}

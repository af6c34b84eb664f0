import type { z } from 'zod'
import type { Deps } from '../deps.ts'

/** What a job knows of its own run. */
export interface JobRun {
  /** The same at every attempt. */
  id: string
  /** From 1. */
  attempt: number
  /** Aborted when the worker stops. */
  signal: AbortSignal
}

export interface Job<Payload extends z.ZodType = z.ZodType> {
  /** `feature:verb-object`. */
  name: string
  /** Ids, never secrets: it lies in the database in plain text. Parsed again on arrival. */
  payload: Payload
  /** After the first attempt. */
  retries: number
  /** A crontab line in UTC, for work that the clock starts; its payload is empty. */
  cron?: string
  /** At least once: a second run must be harmless, and a row that is gone a quiet return. */
  run(deps: Deps, payload: z.output<Payload>, run: JobRun): Promise<void>
}

/** A job is a value: `enqueue` infers its payload, go-to-definition finds it. */
export const defineJob = <Payload extends z.ZodType>(job: Job<Payload>): Job<Payload> => job

import type { z } from 'zod'
import type { Deps } from '../deps.ts'
import { exponential, type Backoff } from './backoff.ts'

/** What a job knows of its own run. */
export interface JobRun {
  /** The same at every attempt. */
  id: string
  /** From 1. */
  attempt: number
  /** Aborted when the time is up, and half-way through the grace of a worker that stops. */
  signal: AbortSignal
}

/** When the clock starts a job. Of several workers one enqueues it. */
export interface Cron {
  /** Five fields: `17 3 * * *`. */
  schedule: string
  /** Of the IANA, `Europe/Berlin`; UTC unless stated. An hour that summer time skips or repeats starts the job once. */
  timeZone?: string
  /** A time that passed this long ago, while no worker ran, is made up for at the next start; 0 unless stated. */
  backfillMinutes?: number
}

export interface JobDefinition<Payload extends z.ZodType> {
  /** `feature:verb-object`. */
  name: string
  /** Ids, never secrets: it lies in the database in plain text. Parsed again on arrival. */
  payload: Payload
  /** After the first attempt; 3 unless stated. */
  retries?: number
  /** Seconds between attempts, up to a tenth more by chance; `exponential(60, 2)` unless stated. */
  backoff?: Backoff
  /** How long an attempt may take, 60 unless stated, 24 days at most; then its signal is aborted and it has failed. */
  timeoutSeconds?: number
  /** Jobs of one queue run one after the other, in the order in which they are due. A handful of names, not one per row. */
  queue?: string | ((payload: z.output<Payload>) => string)
  /**
   * Of equal jobs one waits: a second takes its place. One that a worker has taken already is finished, and the second does not wait
   * for it: they may run side by side, unless a queue keeps them apart. When the first fails, or its worker stops or dies, it is not
   * tried again, as the second does what it was to do.
   */
  uniqueBy?: (payload: z.output<Payload>) => string
  /** The lower the sooner, from -100 to 100; 0 unless stated. */
  priority?: number
  /** For work that the clock starts; its payload takes an empty object. */
  cron?: Cron
  /** At least once: a second run must be harmless, and a row that is gone a quiet return. */
  run(deps: Deps, payload: z.output<Payload>, run: JobRun): Promise<void>
}

export interface Job<Payload extends z.ZodType = z.ZodType> extends JobDefinition<Payload> {
  retries: number
  backoff: Backoff
  timeoutSeconds: number
}

/**
 * A job is a value: `enqueue` infers its payload, go-to-definition finds it.
 * @example
 * export const announcePost = defineJob({
 *   name: 'posts:announce',
 *   payload: z.object({ postId: z.uuid() }),
 *   async run({ db }, { postId }, { signal }) { … },
 * })
 */
export function defineJob<Payload extends z.ZodType>(definition: JobDefinition<Payload>): Job<Payload> {
  const job = { retries: 3, backoff: exponential(60, 2), timeoutSeconds: 60, ...definition }
  const { name, timeoutSeconds } = job
  if (!(timeoutSeconds > 0 && timeoutSeconds <= longestSeconds))
    throw new Error(`${name} can not take ${timeoutSeconds} s: from 0 to ${longestSeconds}`)
  return job
}

/** What is longer than a timer knows of would be over at once. */
const longestSeconds = Math.floor((2 ** 31 - 1) / 1000)

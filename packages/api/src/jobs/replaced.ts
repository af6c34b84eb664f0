import type { Job as GraphileJob } from 'graphile-worker'
import { sql } from 'kysely'

/**
 * What `enqueue` leaves with a job that has a key. When another takes the place of one that a worker has already, Graphile Worker
 * takes its key away, and its attempts, which whoever returns it gives back: then nothing else tells it from a job without a key.
 */
export const keyedFlag = 'keyed'

/** It must not begin any more, nor again: another does what it was to do, and may have done it. */
export const wasReplaced = ({ key, flags, payload }: Pick<GraphileJob, 'key' | 'flags' | 'payload'>) =>
  key === null && (flags === null ? isOfTheClock(payload) : keyedFlag in flags)

/** Graphile Worker enqueues these itself: with a key, and without a flag. */
const isOfTheClock = (payload: unknown) =>
  typeof payload === 'object' && payload !== null && Object.keys(payload)[0] === '_cron'

/** The same of a row of `graphile_worker._private_jobs`, here called `jobs`. As text, since not every payload can be looked into. */
export const isReplaced = sql<boolean>`(
  jobs.key is null and
  case when jobs.flags is null then jobs.payload::text like '{"_cron":%' else jobs.flags ? ${sql.lit(keyedFlag)} end)`

import { sql, type Transaction } from 'kysely'
import type { z } from 'zod'
import type { Database } from '../db.ts'
import type { Job } from './define.ts'
import { keyedFlag } from './replaced.ts'

export interface EnqueueOptions {
  /** Not before; at once unless stated. */
  runAt?: Date
  /** Takes the place of a job of the same name and key that still waits. `uniqueBy` of the definition, unless stated. */
  key?: string
}

/**
 * Lives and dies with the transaction: the job exists if and only if its cause committed.
 * @returns the job's id
 * @example await enqueue(trx, mailLink, { tokenId })
 * @example await enqueue(trx, remind, { userId }, { runAt: tomorrow, key: userId })
 */
export async function enqueue<Payload extends z.ZodType>(
  trx: Transaction<Database>,
  job: Job<Payload>,
  payload: z.input<Payload>,
  { runAt, key }: EnqueueOptions = {},
): Promise<string> {
  const parsed = job.payload.parse(payload)
  const uniqueKey = key ?? job.uniqueBy?.(parsed)
  const text = JSON.stringify(payload)
  // Graphile Worker would put the two lists together.
  if (uniqueKey !== undefined && text.startsWith('['))
    throw new Error(`${job.name} has a key: its payload can not be a list`)
  const queue = typeof job.queue === 'function' ? job.queue(parsed) : job.queue
  // By the clock, as all that a transaction enqueues would be due at the moment when it began, in no order.
  const add = sql<{ id: string | null }>`
    select id from graphile_worker.add_job(
      identifier => ${job.name}::text,
      payload => ${text}::json,
      queue_name => ${queue ?? null}::text,
      run_at => coalesce(${runAt ?? null}::timestamptz, clock_timestamp()),
      max_attempts => ${job.retries + 1}::integer,
      job_key => ${uniqueKey === undefined ? null : keyOf(job, uniqueKey)}::text,
      priority => ${job.priority ?? 0}::integer,
      flags => ${uniqueKey === undefined ? null : [keyedFlag]}::text[]
    )`
  for (;;) {
    const { rows } = await add.execute(trx)
    // Nothing was added when a worker took the job of the same key at this moment. The next call sees that it did.
    if (rows[0]?.id) return rows[0].id
  }
}

/** Of the jobs of one name. */
export const keyOf = ({ name }: Pick<Job, 'name'>, key: string) => `${name}:${key}`

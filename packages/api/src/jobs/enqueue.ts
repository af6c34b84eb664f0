import { sql, type Transaction } from 'kysely'
import type { z } from 'zod'
import type { Database } from '../db.ts'
import type { Job } from './define.ts'

/**
 * Lives and dies with the transaction: the job exists if and only if its cause committed.
 * @example await enqueue(trx, mailLink, { tokenId })
 */
export async function enqueue<Payload extends z.ZodType>(
  trx: Transaction<Database>,
  job: Job<Payload>,
  payload: z.input<Payload>,
): Promise<void> {
  await sql`
    select graphile_worker.add_job(
      identifier => ${job.name}::text,
      payload => ${JSON.stringify(payload)}::json,
      max_attempts => ${job.retries + 1}::integer
    )`.execute(trx)
}

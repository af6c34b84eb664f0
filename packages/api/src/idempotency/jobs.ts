import * as z from 'zod'
import { deleteExpired, inBatches } from '../jobs/batches.ts'
import { defineJob } from '../jobs/define.ts'

export const sweepIdempotencyKeys = defineJob({
  name: 'idempotency:sweep',
  payload: z.object({}),
  retries: 3,
  cron: { schedule: '17 * * * *', backfillMinutes: 60 },
  run: ({ db }, _payload, { signal }) =>
    inBatches((limit) => deleteExpired(db, 'idempotency_keys', 'expires_at', limit), signal),
})

export const idempotencyJobs = [sweepIdempotencyKeys]

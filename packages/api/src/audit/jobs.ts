import * as z from 'zod'
import { inBatches } from '../jobs/batches.ts'
import { defineJob } from '../jobs/define.ts'
import { deleteExpiredEvents } from './queries.ts'

export const sweepEvents = defineJob({
  name: 'audit:sweep',
  payload: z.object({}),
  retries: 3,
  cron: '37 3 * * *',
  run: ({ db }, _payload, { signal }) => inBatches((limit) => deleteExpiredEvents(db, limit), signal),
})

export const auditJobs = [sweepEvents]

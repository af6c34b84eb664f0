import * as z from 'zod'
import { deleteExpired, inBatches } from '../jobs/batches.ts'
import { defineJob } from '../jobs/define.ts'
import { forgetActor, forgetSubject } from './queries.ts'

export const sweepEvents = defineJob({
  name: 'audit:sweep',
  payload: z.object({}),
  retries: 3,
  cron: { schedule: '37 3 * * *', backfillMinutes: 1440 },
  run: ({ db }, _payload, { signal }) =>
    inBatches((limit) => deleteExpired(db, 'audit_events', 'expires_at', limit), signal),
})

/** After somebody was erased, in steps: a log may hold a great deal of one person. */
export const forgetPerson = defineJob({
  name: 'audit:forget-person',
  payload: z.object({ id: z.uuid() }),
  retries: 3,
  async run({ db }, { id }, { signal }) {
    await inBatches((limit) => forgetSubject(db, id, limit), signal)
    await inBatches((limit) => forgetActor(db, id, limit), signal)
  },
})

export const auditJobs = [sweepEvents, forgetPerson]

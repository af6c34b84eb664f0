import type { Kysely } from 'kysely'
import * as z from 'zod'
import type { Database } from '../db.ts'
import { inBatches } from '../jobs/batches.ts'
import { defineJob } from '../jobs/define.ts'

/** Rows of those who never come back would stay for ever. */
export const sweepLimits = defineJob({
  name: 'limits:sweep',
  payload: z.object({}),
  retries: 0,
  cron: { schedule: '*/10 * * * *', backfillMinutes: 60 },
  run: ({ db }, _payload, { signal }) => inBatches((limit) => deleteExpiredLimits(db, limit), signal),
})

export const limitsJobs = [sweepLimits]

/** The clocks of processes may differ by a minute. */
const clockSkewMs = 60_000

async function deleteExpiredLimits(db: Kysely<Database>, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('rateLimits')
    .where('key', 'in', (expired) =>
      expired
        .selectFrom('rateLimits')
        .select('key')
        .where('expire', '<', String(Date.now() - clockSkewMs))
        .orderBy('expire')
        .limit(limit)
        // One that is counted at this moment begins anew, and is not expired any more.
        .forUpdate()
        .skipLocked(),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

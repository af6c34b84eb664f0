import { sql, type Kysely } from 'kysely'
import * as z from 'zod'
import type { Database } from '../db.ts'
import { inBatches } from '../jobs/batches.ts'
import { defineJob } from '../jobs/define.ts'
import { keptHours } from './queries.ts'

export const sweepEvents = defineJob({
  name: 'live:sweep',
  payload: z.object({}),
  cron: { schedule: '23 * * * *' },
  async run({ db }, _payload, { signal }) {
    await inBatches((limit) => deleteOld(db, 'live_events', 'at', `${keptHours} hours`, limit), signal)
    // Of processes that ended without a word.
    await inBatches((limit) => deleteOld(db, 'live_streams', 'until', '1 minute', limit), signal)
  },
})

export const liveJobs = [sweepEvents]

async function deleteOld(db: Kysely<Database>, table: string, column: string, age: string, limit: number) {
  const [name, time] = [sql.table(table), sql.ref(column)]
  const isOld = sql`${time} <= now() - ${age}::interval`
  const { numAffectedRows = 0n } = await sql`
    delete from ${name} where ${isOld} and ctid = any (array(select ctid from ${name} where ${isOld} limit ${limit}))
    `.execute(db)
  return Number(numAffectedRows)
}

import { sql, type Transaction } from 'kysely'
import type * as z from 'zod'
import type { Database } from '../../../db.ts'
import type { Deps } from '../../../deps.ts'
import type * as input from './input.ts'
import type * as output from './output.ts'
import { readJobs } from './rows.ts'

const points = 300
const sampleSeconds = 15
const hour = 60 * 60 * 1000

/** How many jobs there were in each state, as of their samples. The highest of each interval, so that no peak is thinned out. */
export function getDepth(
  { db }: Pick<Deps, 'db'>,
  { since, until, queue }: z.output<typeof input.depth>,
): Promise<z.output<typeof output.depth>> {
  return readJobs(db, async (trx) => {
    const to = until ? new Date(until) : new Date()
    const from = await notBeforeTheFirst(trx, since ? new Date(since) : new Date(to.getTime() - hour))
    const intervalSeconds = Math.max(
      sampleSeconds,
      Math.ceil((to.getTime() - from.getTime()) / 1000 / points),
    )
    const rows = await listDepth(trx, { from, to, queue, intervalSeconds })
    return { intervalSeconds, items: rows.map(({ at, ...counts }) => ({ at: at.toISOString(), ...counts })) }
  })
}

/** Time before there was anything would make the rest coarse. */
async function notBeforeTheFirst(trx: Transaction<Database>, from: Date): Promise<Date> {
  const { first } = await trx
    .selectFrom('queueSamples')
    .select(({ fn }) => fn.min('at').as('first'))
    .executeTakeFirstOrThrow()
  return first && first > from ? first : from
}

interface DepthRow {
  at: Date
  waiting: number
  scheduled: number
  retrying: number
  running: number
  failed: number
}

interface Range {
  from: Date
  to: Date
  queue: string | undefined
  intervalSeconds: number
}

async function listDepth(
  trx: Transaction<Database>,
  { from, to, queue, intervalSeconds }: Range,
): Promise<DepthRow[]> {
  const step = sql`${intervalSeconds}::float8`
  const { rows } = await sql<DepthRow>`
    select ${from}::timestamptz + interval '1 second' * ${step} * number as at, max(waiting)::integer as waiting,
           max(scheduled)::integer as scheduled, max(retrying)::integer as retrying, max(running)::integer as running,
           max(failed)::integer as failed
    from (
      select floor(extract(epoch from at - ${from}::timestamptz)::float8 / ${step}) as number, sum(waiting) as waiting,
             sum(scheduled) as scheduled, sum(retrying) as retrying, sum(running) as running, sum(failed) as failed
      from queue_samples
      where at >= ${from}::timestamptz and at < ${to}::timestamptz
        and ${queue === undefined ? sql`true` : sql`queue = ${queue}`}
      group by at
    ) samples
    group by number order by number`.execute(trx)
  return rows
}

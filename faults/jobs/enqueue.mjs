import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from '../../packages/api/node_modules/kysely/dist/index.js'
import { createDatabase } from '../../packages/api/src/db.ts'
import { enqueue } from '../../packages/api/src/jobs/enqueue.ts'
import { silentLog as log } from '../../packages/api/src/testing/log.ts'
import { plainJob, queuedJob } from './definitions.mjs'

/** Enqueues what is planned at its time, each job in one transaction with a row that wants it. */
export async function enqueueAll({ groups }, { url, ask, startedAt, opened, signal }) {
  const db = createDatabase({ url, log })
  opened.defer(() => db.destroy())
  for (const group of groups) {
    await sleep(Math.max(0, startedAt + group[0].at * 1000 - Date.now()), undefined, { signal })
    while (!(await isEnqueued(db, ask, group))) await sleep(100, undefined, { signal })
  }
}

/** Of a transaction that was cut off nobody knows whether it was committed, but the database. */
async function isEnqueued(db, ask, group) {
  try {
    await db.transaction().execute((trx) => enqueueGroup(trx, group))
    return true
  } catch {
    const rows = await ask('select from wanted where key = $1', [group[0].key])
    return rows.length > 0
  }
}

async function enqueueGroup(trx, group) {
  for (const { key, ms, share, queue, place } of group) {
    const job = queue ? queuedJob : plainJob
    const id = await enqueue(trx, job, { key, ms, share, ...(queue && { queue }) })
    await sql`insert into wanted (key, job_id, queue, place) values (${key}, ${id}, ${queue ?? null}, ${place})`.execute(
      trx,
    )
  }
}

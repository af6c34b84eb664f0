import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import * as z from 'zod'
import { defineJob } from '../jobs/define.ts'

const payload = z.object({})

/** It takes the worker with it. */
export const poison = defineJob({
  name: 'test:poison',
  payload,
  retries: 1,
  async run() {
    await sleep(150)
    process.exit(9)
  },
})

/** It does nothing bad, and has but one attempt. */
export const innocent = defineJob({
  name: 'test:innocent',
  payload,
  retries: 0,
  run: () => sleep(100),
})

/** It tells where it runs, and ends when it is told to: in a table of the test's own. */
export const held = defineJob({
  name: 'test:held',
  payload,
  async run({ db }, _payload, { id }) {
    await sql`insert into marks (job_id, process, what) values (${id}, ${process.pid}, 'begun')`.execute(db)
    for (let mayEnd = false; !mayEnd; await sleep(20)) {
      const { rows } = await sql`select from marks where process = ${process.pid} and what = 'go'`.execute(db)
      mayEnd = rows.length > 0
    }
    await sql`insert into marks (job_id, process, what) values (${id}, ${process.pid}, 'ended')`.execute(db)
  },
})

/** One after the other. */
export const heldInQueue = defineJob({ ...held, name: 'test:held-in-queue', queue: 'held' })

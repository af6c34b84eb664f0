import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from '../../packages/api/node_modules/kysely/dist/index.js'
import * as z from '../../packages/api/node_modules/zod/index.js'
import { constant } from '../../packages/api/src/jobs/backoff.ts'
import { defineJob } from '../../packages/api/src/jobs/define.ts'

const worker = process.pid

const payload = z.object({
  key: z.string(),
  /** How long it takes, and after which share of that its effect is there. */
  ms: z.number(),
  share: z.number(),
  queue: z.string().optional(),
})

async function run({ db }, { key, ms, share }) {
  await sql`insert into starts (key, worker) values (${key}, ${worker})`.execute(db)
  await sleep(ms * share)
  await sql`insert into effects (key, worker) values (${key}, ${worker})`.execute(db)
  await sleep(ms * (1 - share))
}

// A minute between two attempts would be a minute of waiting at the end.
const common = { payload, backoff: constant(1), run }

export const plainJob = defineJob({ ...common, name: 'faults:plain' })
export const queuedJob = defineJob({
  ...common,
  name: 'faults:queued',
  queue: ({ queue }) => queue ?? 'faults',
})

export const tables = `
  create table wanted (key text primary key, job_id bigint not null, queue text, place int not null);
  create table starts (key text not null, worker int not null, at timestamptz not null default clock_timestamp());
  create table effects (key text not null, worker int not null, at timestamptz not null default clock_timestamp())`

// A process that only runs jobs, like apps/server/src/worker.ts; it tells what is logged, a line of JSON each.
import { setTimeout as sleep } from 'node:timers/promises'
import { createDatabase } from '../../packages/api/src/db.ts'
import { startRunner } from '../../packages/api/src/jobs/runner.ts'
import { plainJob, queuedJob } from './definitions.mjs'

const url = process.env.DATABASE_URL
const tell = (line) => void process.stdout.write(JSON.stringify(line) + '\n')
const warn = (fields, message) => tell({ message, error: fields.err?.message, ...fields, err: undefined })
const log = { debug() {}, info() {}, warn, error: warn }

const db = createDatabase({ url, log })
const settings = { jobHistoryDays: 14, failedJobDays: 90 }
const runner = startRunner({ db, log, settings }, [plainJob, queuedJob], { url })
process.once('SIGTERM', async () => {
  await runner.stop()
  await db.destroy()
  process.exit(0)
})
while (!runner.isRunning()) await sleep(20)
tell({ isReady: true })

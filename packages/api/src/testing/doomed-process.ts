import { createDatabase } from '../db.ts'
import { createPasswordHasher } from '../features/auth/hasher.ts'
import { startRunner } from '../jobs/runner.ts'
import { createLimits } from '../limits.ts'
import { createLive } from '../live/live.ts'
import { held, heldInQueue, innocent, poison } from './doomed-jobs.ts'
import { silentLog as log } from './log.ts'
import { createTestMailbox } from './mailbox.ts'

/** A worker of jobs that end badly: `node doomed-process.ts <database> <settings> <concurrency>`. SIGTERM stops it. */
const [url, settings, concurrency] = process.argv.slice(2) as [string, string, string]

const db = createDatabase({ url, log })
const deps = {
  db,
  settings: JSON.parse(settings),
  mailer: createTestMailbox(),
  hasher: createPasswordHasher(),
  limits: createLimits({ factor: 0, db, log }),
  live: createLive({ db, directUrl: url, log }),
  log,
  onUndeclaredError: () => {},
}
const runner = startRunner(deps, [poison, innocent, held, heldInQueue], {
  url,
  concurrency: Number(concurrency),
})
process.once('SIGTERM', () => void runner.stop().then(() => process.exit(0)))

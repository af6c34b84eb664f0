import { createDatabase } from '../db.ts'
import { createPasswordHasher } from '../features/auth/hasher.ts'
import { jobs } from '../features/index.ts'
import { startRunner } from '../jobs/runner.ts'
import { createLimits } from '../limits.ts'
import { createLive } from '../live/live.ts'
import { createSmtpMailer } from '../mail/smtp-mailer.ts'
import { silentLog as log } from './log.ts'

/** A process that only runs jobs, until it is killed: `node worker-process.ts <database> <smtp> <settings>`. */
const [url, smtpUrl, given] = process.argv.slice(2) as [string, string, string]
const settings = JSON.parse(given)

const db = createDatabase({ url, log })
startRunner(
  {
    db,
    settings,
    mailer: createSmtpMailer(smtpUrl, settings),
    hasher: createPasswordHasher(),
    limits: createLimits({ factor: 0, db, log }),
    live: createLive({ db, directUrl: url, log }),
    log,
    onUndeclaredError: () => {},
  },
  jobs,
  { url },
)

import { createDatabase } from '../db.ts'
import { createPasswordHasher } from '../features/auth/hasher.ts'
import { jobs } from '../features/index.ts'
import { startRunner } from '../jobs/runner.ts'
import { createLimits } from '../limits.ts'
import { createSmtpMailer } from '../mail/smtp-mailer.ts'
import { silentLog as log } from './log.ts'

/** A process that only runs jobs, until it is killed: `node worker-process.ts <database> <smtp> <settings>`. */
const [url, smtpUrl, given] = process.argv.slice(2) as [string, string, string]
const settings = JSON.parse(given)

startRunner(
  {
    db: createDatabase({ url, log }),
    settings,
    mailer: createSmtpMailer(smtpUrl, settings),
    hasher: createPasswordHasher(),
    limits: createLimits(0),
    log,
    onUndeclaredError: () => {},
  },
  jobs,
  url,
)

import type { Kysely } from 'kysely'
import type { Database } from './db.ts'
import type { Limits } from './limits.ts'
import type { Live } from './live/live.ts'
import type { Mailer } from './mail/mailer.ts'
import type { PasswordHasher } from './features/auth/hasher.ts'

/** pino's shape, as far as the API uses it. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Settings {
  /** Origin in links, cookies and tokens, without a trailing slash. */
  publicUrl: string
  /** The first signs and encrypts, all verify. */
  appSecrets: readonly [string, ...string[]]
  mailFrom: string
  /** How long a link to confirm an address holds. */
  verificationHours: number
  /** How long a link to set a new password holds. */
  resetMinutes: number
  /** How long events of the audit log are kept. */
  auditDays: number
  /** How long the attempts of jobs are kept. */
  jobHistoryDays: number
  /** How long a failed job waits for somebody to retry it. */
  failedJobDays: number
}

/** What the process owns and hands to every request and job. Built by the server's wiring and by the tests. */
export interface Deps {
  db: Kysely<Database>
  settings: Settings
  mailer: Mailer
  hasher: PasswordHasher
  limits: Limits
  live: Live
  log: Log
  /** Told when a procedure raises a specific code that its feature does not declare; the tests fail on it. */
  onUndeclaredError(this: void, path: string, code: string): void
}

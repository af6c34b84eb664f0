import { join } from 'node:path'
import {
  createDatabase,
  createDevMailbox,
  createLimits,
  createLive,
  createPasswordHasher,
  createRedis,
  createSmtpMailer,
  type Deps,
  type DevMailbox,
  type Settings,
} from '@tenon/api'
import { joinLocalPostgres, startLocalPostgres } from '@tenon/local-postgres'
import type { Logger } from 'pino'
import { ownSecret } from './app-secret.ts'
import type { Config } from './config.ts'

export interface DatabaseServer {
  url: string
  /** For migrations, jobs and LISTEN: not through a pooler. */
  directUrl: string
  stop(): Promise<void>
}

/** The configured PostgreSQL, or the embedded one, started here. @throws {LocalPostgresError} */
export async function startDatabase(
  config: Config,
  onProgress: (message: string) => void,
): Promise<DatabaseServer> {
  return (
    configuredDatabase(config) ?? toServer(await startLocalPostgres({ dataDir: config.dataDir, onProgress }))
  )
}

/** Like `startDatabase`, but shares an embedded one that runs already. */
export async function joinDatabase(
  config: Config,
  onProgress: (message: string) => void,
): Promise<DatabaseServer> {
  const running = config.databaseUrl ? undefined : await joinLocalPostgres(config.dataDir)
  return running ? toServer(running) : startDatabase(config, onProgress)
}

function configuredDatabase({ databaseUrl, directUrl }: Config): DatabaseServer | undefined {
  return databaseUrl
    ? { url: databaseUrl, directUrl: directUrl ?? databaseUrl, stop: async () => {} }
    : undefined
}

function toServer(local: { url(): string; stop(): Promise<void> }): DatabaseServer {
  return { url: local.url(), directUrl: local.url(), stop: () => local.stop() }
}

export interface Wiring {
  deps: Deps
  /** Where mail ends up in development. */
  mailbox: DevMailbox | undefined
  /** Closes what was opened here. */
  stop(): Promise<void>
}

/** What every process of Tenon is made of, whether it serves, works or obeys an operator. */
export async function wire(
  config: Config,
  database: DatabaseServer,
  publicUrl: string,
  log: Logger,
): Promise<Wiring> {
  const appSecrets = config.appSecrets ?? ([await ownSecret(config.dataDir)] as const)
  const settings: Settings = {
    publicUrl,
    appSecrets,
    mailFrom: config.mailFrom,
    verificationHours: config.verificationHours,
    resetMinutes: config.resetMinutes,
    auditDays: config.auditDays,
    jobHistoryDays: config.jobHistoryDays,
    failedJobDays: config.failedJobDays,
  }
  const mailbox = createDevMailbox(join(config.dataDir, 'mail'), settings)
  const smtp = config.smtpUrl ? createSmtpMailer(config.smtpUrl, settings, { log }) : undefined
  // As many as jobs run at a time, or they would wait for each other.
  const max = Math.max(10, config.workerConcurrency)
  const db = createDatabase({ url: database.url, log, max, isPooler: config.isPooled })
  const redis = config.redisUrl ? createRedis({ url: config.redisUrl, log }) : undefined
  const deps: Deps = {
    db,
    settings,
    mailer: smtp ?? mailbox,
    hasher: createPasswordHasher(),
    limits: createLimits({ factor: config.rateLimitFactor, db, redis, log }),
    live: createLive({ db, directUrl: database.directUrl, log }),
    log,
    onUndeclaredError: (path, code) =>
      log.warn({ path, code }, 'a procedure raised a code that it does not declare'),
  }
  const stop = async () => {
    await deps.live.stop()
    smtp?.close()
    redis?.disconnect()
    await db.destroy()
  }
  return { deps, mailbox: smtp ? undefined : mailbox, stop }
}

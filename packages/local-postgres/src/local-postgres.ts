import { randomBytes } from 'node:crypto'
import { mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { chooseAccount } from './account.ts'
import { findBinaries } from './binaries.ts'
import { claimFolder } from './claim.ts'
import { createCluster, requireVersion, resetPassword } from './cluster.ts'
import { requireSpace } from './disk.ts'
import { explain, LocalPostgresError } from './errors.ts'
import { launchPostmaster } from './launch.ts'
import { findCluster, makeReachable, newClusterPath } from './location.ts'
import { findPostmaster, stopPostmaster } from './postmaster.ts'
import { readRecord, writeRecord } from './record.ts'

/** A PostgreSQL on this machine, reachable on 127.0.0.1 by the one who knows its generated password. */
export interface LocalPostgres {
  readonly port: number
  /** A connection string with the password in it; the database is `tenon` unless named. */
  url(database?: string): string
  /** Ends it cleanly, within 18 s at worst. Calling it twice is harmless. */
  stop(): Promise<void>
}

export interface StartOptions {
  dataDir: string
  /** Taken when it is free, else another: read `port` of the result. */
  port?: number
  /** Hears, in a few words, what takes a while. */
  onProgress?: (message: string) => void
}

const usualPort = 54_329

const durableSettings = [
  'max_connections=200',
  // Errors of statements are the caller's to log: here they would put personal data into a file.
  'log_min_messages=log',
  'log_min_error_statement=panic',
  'log_checkpoints=off',
]

/**
 * Starts the durable PostgreSQL of a data folder, and makes it on the first call. One process at a time:
 * a second one gets a LocalPostgresError that names the first. A PostgreSQL whose owner died is stopped
 * and started again.
 *
 * @throws {LocalPostgresError} with a message for the person at the keyboard
 */
export async function startLocalPostgres(options: StartOptions): Promise<LocalPostgres> {
  try {
    const folder = openFolder(options.dataDir)
    const claim = claimFolder(folder)
    try {
      const postgres = await startCluster(folder, options)
      const stop = async () => {
        await postgres.stop()
        claim.release()
      }
      let stopped: Promise<void> | undefined
      return { ...postgres, stop: () => (stopped ??= stop()) }
    } catch (error) {
      claim.release()
      throw error
    }
  } catch (error) {
    throw explain(error)
  }
}

/** The PostgreSQL that runs on a data folder, if one does. Its `stop()` does nothing: it is not ours. */
export async function joinLocalPostgres(dataDir: string): Promise<LocalPostgres | undefined> {
  try {
    const folder = realpathSync(dataDir)
    const record = readRecord(folder)
    const cluster = findCluster(folder, record)
    const running = cluster ? findPostmaster(cluster) : undefined
    if (!record || !running?.isReady) return undefined
    return { ...connection(running.port, record.password), stop: async () => {} }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw explain(error)
  }
}

async function startCluster(
  folder: string,
  { port, onProgress = () => {} }: StartOptions,
): Promise<LocalPostgres> {
  const record = readRecord(folder)
  const known = findCluster(folder, record)
  const account = chooseAccount(known)
  const binaries = findBinaries(account, onProgress)
  const path = known ? makeReachable(folder, known, account) : newClusterPath(folder, account, onProgress)
  const password = (known && record?.password) ?? randomBytes(24).toString('base64url')
  if (known) {
    requireOwner(path)
    requireVersion(path, binaries)
    await stopOrphan(path, onProgress)
    if (!record) resetPassword({ binaries, account, path, password, durable: true })
  } else {
    onProgress('making the database (once)')
    createCluster({ binaries, account, path, password, durable: true })
  }
  requireSpace(dirname(path), 50)
  const logFile = join(folder, 'postgres.log')
  const wished = port ?? record?.port ?? usualPort
  const launch = { binaries, account, cluster: path, port: wished, logFile, settings: durableSettings }
  const running = await launchPostmaster(launch)
  writeRecord({ folder, path, port: running.port, password })
  return { ...connection(running.port, password), stop: () => stopPostmaster(running.pid) }
}

export function connection(port: number, password: string): Omit<LocalPostgres, 'stop'> {
  return {
    port,
    url: (database = 'tenon') => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`,
  }
}

function openFolder(dataDir: string) {
  mkdirSync(dataDir, { recursive: true })
  return realpathSync(dataDir)
}

function requireOwner(cluster: string) {
  const { uid } = statSync(cluster)
  const me = process.getuid?.()
  if (me !== 0 && uid !== me)
    throw new LocalPostgresError(
      `The database in ${cluster} belongs to another user (id ${uid}). Start Tenon as that user, ` +
        'or set DATA_DIR to a folder of your own.',
    )
}

async function stopOrphan(cluster: string, onProgress: (message: string) => void) {
  const orphan = findPostmaster(cluster)
  if (!orphan) return
  onProgress('stopping the PostgreSQL that an earlier run left behind')
  await stopPostmaster(orphan.pid)
}

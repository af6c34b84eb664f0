import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, mkdtempSync, realpathSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canEnter, chooseAccount, type Account } from './account.ts'
import { findBinaries } from './binaries.ts'
import { createCluster } from './cluster.ts'
import { explain, LocalPostgresError } from './errors.ts'
import { launchPostmaster } from './launch.ts'
import { connection, type LocalPostgres } from './local-postgres.ts'
import { stopPostmaster } from './postmaster.ts'

const carelessSettings = [
  'max_connections=200',
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_wal_size=4GB',
  // A worker in a template database would hold up its cloning, and statistics would differ by run.
  'autovacuum=off',
]

/**
 * Starts an empty PostgreSQL that waits for no disk, on a free port. Everything is removed on stop(), and
 * also when the process that called this dies.
 *
 * @throws {LocalPostgresError} with a message for the person at the keyboard
 */
export async function startTestPostgres(): Promise<LocalPostgres> {
  try {
    const account = chooseAccount()
    const binaries = findBinaries(account, () => {})
    const folder = temporaryFolder(account)
    const cluster = join(folder, 'data')
    const password = randomBytes(24).toString('base64url')
    createCluster({ binaries, account, path: cluster, password, durable: false })
    const logFile = join(folder, 'postgres.log')
    const launch = { binaries, account, cluster, logFile, settings: carelessSettings, throwAway: folder }
    const { pid, port } = await launchPostmaster(launch)
    const stop = async () => {
      await stopPostmaster(pid, 'SIGQUIT')
      await rm(folder, { recursive: true, force: true })
    }
    let stopped: Promise<void> | undefined
    return { ...connection(port, password), stop: () => (stopped ??= stop()) }
  } catch (error) {
    throw explain(error)
  }
}

function temporaryFolder(account: Account) {
  const parent = [realpathSync(tmpdir()), '/tmp', '/var/tmp'].find((folder) => canEnter(account, folder))
  if (!parent)
    throw new LocalPostgresError("PostgreSQL's user can enter no temporary folder (/tmp, /var/tmp).")
  const folder = mkdtempSync(join(parent, 'tenon-test-'))
  chmodSync(folder, 0o700)
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid ?? account.uid)
  return folder
}

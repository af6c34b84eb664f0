import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { LocalPostgresError } from './errors.ts'

/** The user PostgreSQL runs as. Without ids it is the user who runs Node. */
export interface Account {
  uid?: number
  gid?: number
}

/**
 * PostgreSQL refuses to run as root, so root lends it another user: the owner of the cluster when there
 * is one, else `postgres`, else `nobody` (initdb wants a user that the system knows by name).
 */
export function chooseAccount(cluster?: string): Account {
  if (process.getuid?.() !== 0) return {}
  const owner = cluster && existsSync(cluster) ? statSync(cluster) : undefined
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const found = ['postgres', 'nobody'].map(findUser).find((account) => account !== undefined)
  if (found) return found
  throw new LocalPostgresError(
    'PostgreSQL does not run as root, and this machine has no user "postgres" or "nobody". ' +
      'Add one (useradd --system postgres), or start Tenon as an ordinary user.',
  )
}

export function canEnter(account: Account, folder: string): boolean {
  return passes(account, 'cd -- "$1"', folder)
}

export function canRun(account: Account, native: string): boolean {
  const script =
    '"$1/bin/postgres" --version && test -x "$1/bin/initdb" -a -r "$1/share/postgresql/postgres.bki"'
  return passes(account, script, native)
}

function passes(account: Account, script: string, argument: string): boolean {
  const options = { ...account, cwd: '/', stdio: 'ignore' } as const
  return spawnSync('/bin/sh', ['-c', script, 'sh', argument], options).status === 0
}

function findUser(name: string): Account | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    Number(spawnSync('id', [flag, name]).stdout?.toString() || NaN),
  )
  return uid && gid && uid > 0 ? { uid, gid } : undefined
}

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { commandOf, hasEnded, identifyProcess } from './processes.ts'

/** A PostgreSQL that runs on a cluster, whoever started it. */
export interface Postmaster {
  pid: number
  port: number
  isReady: boolean
}

export function findPostmaster(cluster: string): Postmaster | undefined {
  const lines = readLines(cluster)
  const pid = Number(lines[0])
  if (!pid || !commandOf(pid).includes(`-D ${cluster} `)) return undefined
  return { pid, port: Number(lines[3]), isReady: lines[7]?.trim() === 'ready' }
}

/** Fast shutdown; what has not ended within the cap is cut off, and recovers at the next start. */
export async function stopPostmaster(pid: number, signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
  for (const next of [signal, 'SIGQUIT', 'SIGKILL'] as const)
    if (!send(pid, next) || (await hasEnded(pid, 6_000))) return
}

/**
 * After a crash the id in postmaster.pid may belong to a program that has nothing to do with us, and
 * PostgreSQL would refuse to start. A dead id it deals with itself, and better: it looks for survivors.
 */
export function forgetStranger(cluster: string): void {
  const pid = Number(readLines(cluster)[0])
  if (pid && identifyProcess(pid) && !findPostmaster(cluster)) rmSync(pidFile(cluster))
}

export function pidFile(cluster: string): string {
  return join(cluster, 'postmaster.pid')
}

function readLines(cluster: string) {
  try {
    return readFileSync(pidFile(cluster), 'utf8').split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function send(pid: number, signal: NodeJS.Signals) {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

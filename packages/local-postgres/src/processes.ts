import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Tells a process from a later one with the same id; undefined when it has ended. */
export function identifyProcess(pid: number): string | undefined {
  try {
    return process.platform === 'linux' ? linuxIdentity(pid) : ps(pid, 'lstart')
  } catch {
    return undefined
  }
}

/** The command line of a process; empty when it has ended. */
export function commandOf(pid: number): string {
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : ps(pid, 'command')
  } catch {
    return ''
  }
}

/** True once the process has ended, false when `milliseconds` passed first. */
export async function hasEnded(pid: number, milliseconds: number): Promise<boolean> {
  const identity = identifyProcess(pid)
  const deadline = Date.now() + milliseconds
  while (identity !== undefined && identifyProcess(pid) === identity) {
    if (Date.now() > deadline) return false
    await sleep(15)
  }
  return true
}

// A zombie has ended, though its id is still taken.
function linuxIdentity(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`
}

function ps(pid: number, column: string): string {
  return execFileSync('ps', ['-ww', '-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim()
}

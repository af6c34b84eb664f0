import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export interface ListedProcess {
  pid: number
  /** What everybody may read of it, its arguments. */
  command: string
}

export function listProcesses(): ListedProcess[] {
  return process.platform === 'linux' ? fromProc() : fromPs()
}

function fromProc() {
  const ids = readdirSync('/proc').map(Number).filter(Boolean)
  return ids.flatMap((pid) => {
    try {
      return [{ pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }]
    } catch {
      return []
    }
  })
}

function fromPs() {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n')
  return lines.map((line) => ({ pid: parseInt(line), command: line.trim().replace(/^\d+ /, '') }))
}

import { spawn } from 'node:child_process'
import type { Launch } from './launch.ts'
import { pidFile } from './postmaster.ts'

/**
 * A small shell that waits on a pipe from this process. When the pipe breaks, because this process died
 * without a chance to act, it stops PostgreSQL and removes what was to be thrown away. The first line of
 * postmaster.pid is compared, so that it never signals a stranger that got the id. Returns its dismissal.
 */
export function guard(pid: number, { account, cluster, throwAway = '' }: Launch): () => void {
  const script = `
    read -r _
    [ "$(head -n 1 "$2")" = "$1" ] && kill "$4" "$1"
    [ "$3" ] || exit 0
    while kill -0 "$1"; do sleep 0.1; done
    rm -rf -- "$3"`
  const signal = throwAway ? '-QUIT' : '-INT'
  const shell = spawn('/bin/sh', ['-c', script, 'sh', String(pid), pidFile(cluster), throwAway, signal], {
    ...account,
    cwd: '/',
    env: { PATH: process.env.PATH },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.on('error', () => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  ;(shell.stdin as unknown as { unref(): void }).unref()
  return () => shell.kill('SIGKILL')
}

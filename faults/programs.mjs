import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const endsWithUs = new URL('ends-with-us.mjs', import.meta.url).href

/**
 * A program in a process of its own, with nothing of this one's environment but what any program needs.
 *
 * @param {URL} program
 * @param {Record<string, string>} env
 * @param {(line: string) => void} onLine hears what it prints
 */
export function startProgram(program, env, onLine) {
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(process.execPath, ['--import', endsWithUs, fileURLToPath(program)], {
    env: { PATH, HOME, TMPDIR, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  for (const stream of [child.stdout, child.stderr]) readLines(stream, onLine)
  return {
    pid: child.pid,
    exited,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    /** Like an operator would; @returns whether it ended within `ms` */
    async end(ms) {
      child.kill('SIGTERM')
      const hasEnded = await Promise.race([exited.then(() => true), sleep(ms, false, { ref: false })])
      child.kill('SIGKILL')
      await exited
      return hasEnded
    },
  }
}

function readLines(stream, onLine) {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  })
}

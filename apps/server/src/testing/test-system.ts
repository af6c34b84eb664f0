import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { CapturedMail } from '@tenon/api'
import { makeTestDataDir } from './data-dir.ts'

export interface TestSystem {
  url: string
  /** What it printed until it was ready. */
  output: string
  process: ChildProcess
  /** Mail to this address, newest first; waits until there is some. */
  mails(to: string): Promise<CapturedMail[]>
  /** Ends it like Ctrl-C, removes its data, and returns the exit code. */
  stop(): Promise<number | null>
  /** Ends it without a chance to clean up; its data stays. */
  kill(): Promise<void>
}

export interface TestSystemOptions {
  /** The caller's, who removes it; without one the data goes with `stop()`. */
  dataDir?: string
  env?: Record<string, string>
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

/** The whole system as `npm start` runs it, with an embedded PostgreSQL, a worker and the dev mailbox. */
export async function startTestSystem({ dataDir, env = {} }: TestSystemOptions = {}): Promise<TestSystem> {
  const own = dataDir === undefined ? await makeTestDataDir() : undefined
  const child = spawnTenon(main, [], {
    DATA_DIR: own?.path ?? dataDir,
    PORT: '0',
    RATE_LIMIT_FACTOR: '0',
    ...env,
  })
  try {
    const output = await readyOutput(child)
    const url = /ready on (\S+)/.exec(output)?.[1] ?? ''
    return {
      url,
      output,
      process: child,
      mails: (to) => waitForMails(url, to),
      kill: () => end(child, 'SIGKILL').then(() => {}),
      async stop() {
        const code = await end(child, 'SIGINT')
        await own?.remove()
        return code
      },
    }
  } catch (error) {
    await end(child, 'SIGTERM')
    await own?.remove()
    throw error
  }
}

/** One of the server's programs as a process, with nothing of this process's environment but what any program needs. */
export function spawnTenon(
  program: string,
  args: string[],
  env: Record<string, string | undefined>,
): ChildProcess {
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH, HOME, TMPDIR, LOG_LEVEL: 'warn', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const killWithUs = () => void child.kill('SIGKILL')
  process.once('exit', killWithUs)
  child.once('exit', () => process.off('exit', killWithUs))
  return child
}

async function readyOutput(child: ChildProcess): Promise<string> {
  let output = ''
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ready = new Promise<string>((resolve) =>
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (/ready on \S+\n/.test(output)) resolve(output)
    }),
  )
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`Tenon ended with ${code} before it was ready:\n${errors}`)
  })
  return Promise.race([ready, ended])
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exited = once(child, 'exit')
  child.kill(signal)
  const [code] = await exited
  return code
}

async function waitForMails(url: string, to: string): Promise<CapturedMail[]> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(50)) {
    const headers = { accept: 'application/json' }
    const response = await fetch(`${url}/dev/mail?to=${encodeURIComponent(to)}`, { headers })
    const { items } = (await response.json()) as { items: CapturedMail[] }
    if (items.length > 0) return items
  }
  throw new Error(`No mail to ${to} came within 20 s`)
}

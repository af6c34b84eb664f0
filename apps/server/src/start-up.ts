import { LocalPostgresError } from '@tenon/local-postgres'
import type { Logger } from 'pino'
import { ConfigError, readConfig, type Config } from './config.ts'
import { createLog } from './log.ts'
import { stopOnSignal } from './shutdown.ts'

export const progress = (message: string): void => void process.stderr.write(`Tenon: ${message}\n`)

/**
 * Runs a process of Tenon until a signal. What it opens it defers to `opened`, which is closed in reverse order.
 * What keeps it from starting is told in lines that a person can act on, and is exit 1.
 */
export async function startUp(
  start: (config: Config, log: Logger, opened: AsyncDisposableStack) => Promise<void>,
) {
  const opened = new AsyncDisposableStack()
  try {
    const config = readConfig()
    const log = createLog(config.logLevel)
    const started = start(config, log, opened)
    // A signal that comes early waits for the start: what is half open can't be closed well.
    stopOnSignal(log, () => started.catch(() => {}).then(() => opened.disposeAsync()))
    await started
  } catch (error) {
    for (const line of explain(error).split('\n')) progress(line)
    process.exitCode = 1
    await opened.disposeAsync()
  }
}

/** For the person at the keyboard. */
export function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof LocalPostgresError) return error.message
  const cause = toSystemError(error)
  const line = lines[cause?.code ?? '']?.(cause)
  if (line) return line
  createLog('info').fatal({ err: error }, 'failed')
  return 'It failed; the reason is in the line above.'
}

interface SystemError extends NodeJS.ErrnoException {
  port?: number
  address?: string
  hostname?: string
}

/** Of a name with several addresses, each has an error of its own. */
function toSystemError(error: unknown): SystemError {
  const [first] = error instanceof AggregateError ? error.errors : []
  return (first ?? error) as SystemError
}

const lines: Partial<Record<string, (error: SystemError) => string | undefined>> = {
  EADDRINUSE: ({ port, address }) =>
    `Port ${port} on ${address} is in use. Stop what uses it, or set PORT to another.`,
  EADDRNOTAVAIL: ({ address }) => `${address} is not an address of this machine. Is HOST right?`,
  ENOTFOUND: ({ hostname }) => `There is no host ${hostname}. Are HOST and DATABASE_URL right?`,
  ECONNREFUSED: ({ port, address }) =>
    `PostgreSQL does not answer on ${address}:${port}. Is DATABASE_URL right?`,
  '28P01': () => 'PostgreSQL refuses the user or the password. Is DATABASE_URL right?',
  '3D000': () => 'PostgreSQL has no such database. Create it, or set DATABASE_URL to another.',
  EACCES: ({ port, syscall, path }) => {
    if (port) return `Port ${port} needs more rights than this user has. Set PORT to one above 1023.`
    return syscall === 'open' ? `${path} may not be opened by this user.` : undefined
  },
  ENOENT: ({ syscall, path }) =>
    syscall === 'open' ? `${path} can not be opened: there is no such folder.` : undefined,
}

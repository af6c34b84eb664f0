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
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${address} is in use. Stop what uses it, or set PORT to another.`
  if (code === 'EACCES' && port)
    return `Port ${port} needs more rights than this user has. Set PORT to one above 1023.`
  if (code === 'ECONNREFUSED')
    return `PostgreSQL does not answer on ${address}:${port}. Is DATABASE_URL right?`
  createLog('info').fatal({ err: error }, 'failed')
  return 'It failed; the reason is in the line above.'
}

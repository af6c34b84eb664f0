import { pino, type Bindings, type ChildLoggerOptions, type Logger } from 'pino'
import pretty from 'pino-pretty'
import { redact } from './redact.ts'

/** JSON lines on stderr, readable ones when that is a terminal. Stdout is for what people and programs asked for. */
export function createLog(level: string, destination?: NodeJS.WritableStream): Logger {
  const options = {
    level,
    base: null,
    formatters: { log: redact },
    // Described already, by then.
    serializers: { err: (described: unknown) => described },
  }
  if (destination || !process.stderr.isTTY)
    return withSafeChildren(pino(options, destination ?? process.stderr))
  return withSafeChildren(
    pino(options, pretty({ destination: 2, sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss' })),
  )
}

/** What a child always says never comes by pino's formatter. */
function withSafeChildren(log: Logger): Logger {
  const { child } = log
  return Object.assign(log, {
    child(this: Logger, bindings: Bindings, options?: ChildLoggerOptions): Logger {
      return Reflect.apply(child, this, [redact(bindings), options])
    },
  })
}

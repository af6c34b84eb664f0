import { pino, type Logger } from 'pino'
import pretty from 'pino-pretty'

const secretNames = [
  'authorization',
  'cookie',
  '["set-cookie"]',
  'password',
  'newPassword',
  'currentPassword',
  'passwordHash',
  'token',
  'accessToken',
  'secret',
  'appSecrets',
]

const paths = ['', '*', '*.*'].flatMap((depth) =>
  secretNames.map((name) => (depth === '' || name.startsWith('[') ? depth + name : `${depth}.${name}`)),
)

/** JSON lines on stderr, readable ones when that is a terminal. Stdout is for what people and programs asked for. */
export function createLog(level: string, destination?: NodeJS.WritableStream): Logger {
  const options = {
    level,
    base: null,
    redact: { paths, censor: '[redacted]' },
    serializers: { err: describeError },
  }
  if (destination || !process.stderr.isTTY) return pino(options, destination ?? process.stderr)
  return pino(
    options,
    pretty({ destination: 2, sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss' }),
  )
}

/** Drivers hang whole connections, and the values of a row, on their errors: only what explains one is kept. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack, cause } = error
  const { code } = error as { code?: unknown }
  return {
    name,
    message,
    stack,
    ...(code !== undefined && { code }),
    ...(cause !== undefined && { cause: describeError(cause) }),
  }
}

const secretNames = new Set([
  'accesstoken',
  'appsecret',
  'appsecrets',
  'authorization',
  'cookie',
  'currentpassword',
  'databasedirecturl',
  'databaseurl',
  'directurl',
  'newpassword',
  'password',
  'passwordhash',
  'privatekey',
  'redisurl',
  'refreshtoken',
  'secret',
  'setcookie',
  'smtpurl',
  'token',
  'tokenhash',
])

const isSecret = (name: string) => secretNames.has(name.toLowerCase().replace(/[-_]/g, ''))

// Deeper than anything that is logged on purpose.
const maxDepth = 8

/** A copy without what is nobody's business, wherever it hangs and however its name is spelled. */
export function redact(logged: Record<string, unknown>): Record<string, unknown> {
  return copyOf(logged, 0, new Map()) as Record<string, unknown>
}

function copyOf(value: unknown, depth: number, copies: Map<object, unknown>): unknown {
  if (value instanceof Error) return copyOf(describe(value), depth, copies)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || 'toJSON' in value)
    return value
  if (copies.has(value)) return copies.get(value)
  if (depth > maxDepth) return '[too deep]'
  const copy: unknown[] | Record<string, unknown> = Array.isArray(value) ? [] : {}
  copies.set(value, copy)
  for (const [name, field] of Object.entries(value))
    Object.assign(copy, { [name]: isSecret(name) ? '[redacted]' : copyOf(field, depth + 1, copies) })
  return copy
}

/** Drivers hang whole connections, and the values of a row, on their errors: only what explains one is kept. */
function describe({ name, message, stack, cause, ...rest }: Error): object {
  const { code } = rest as { code?: unknown }
  return {
    name,
    message,
    stack,
    ...(code !== undefined && { code }),
    ...(cause !== undefined && { cause }),
  }
}

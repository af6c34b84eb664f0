const maxBytes = 4_096
// Deeper than anything that is enqueued on purpose.
const maxDepth = 8

/** In whatever case, anywhere in a name. */
export const secretWords =
  'passw(?:or)?d|passphrase|secret|token|authorization|cookie|api[-_]?key|private[-_]?key|credential'
/** What only names or dates a secret, `tokenId`, is none. */
export const endOfItsName = '(?:Id|Ids|_ids?|At|_at)'

/**
 * A job's payload as people may see it, and as JSON that PostgreSQL takes: without what its name says is a secret, with
 * addresses masked. One of more than 4 kB becomes the beginning of its text.
 */
export function redactPayload(payload: unknown): unknown {
  const copy = copyOf(payload, 0)
  const bytes = Buffer.from(JSON.stringify(copy) ?? 'null')
  if (bytes.length <= maxBytes) return copy
  return bytes
    .subarray(0, maxBytes)
    .toString()
    .replace(/\uFFFD*$/, '…')
}

/** A message or a stack without addresses and without what opens doors, of `max` characters at most. */
export function redactText(text: string, max: number): string {
  const masked = maskText(text)
  return masked.length > max ? `${masked.slice(0, max - 1).toWellFormed()}…` : masked
}

function copyOf(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === maxDepth) return '[too deep]'
  if (Array.isArray(value)) return value.map((item) => copyOf(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      maskText(name),
      isSecret(name) ? '[redacted]' : copyOf(field, depth + 1),
    ]),
  )
}

const hasSecretWord = new RegExp(secretWords, 'i')
const isNameOfOne = new RegExp(`${endOfItsName}$`)
const isSecret = (name: string) => hasSecretWord.test(name) && !isNameOfOne.test(name)

const urlPassword = /(:\/\/[^\s:/@]{0,100}:)[^\s/@]{1,200}@/g
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi
const assignment =
  /((?:passw(?:or)?d|secret|token|api[-_]?key)["']?\s{0,3}[=:]\s{0,3})("[^"]{0,500}"|[^\s"'&,;<>)}]{1,500})/gi
const address =
  /([^\s@<>"'(),:;=/[\]\\…])[^\s@<>"'(),:;=/[\]\\…]{0,63}@(?=(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2}|localhost)/gu

function maskText(text: string): string {
  return storable(text)
    .replace(urlPassword, '$1[redacted]@')
    .replace(bearer, '$1 [redacted]')
    .replace(assignment, '$1[redacted]')
    .replace(address, '$1…@')
}

// More than is ever shown, and little enough to be searched at once. An address is not cut in two: half of one is not found.
const maxLength = 16_384

/** PostgreSQL takes neither NUL nor half of a surrogate pair. */
function storable(text: string): string {
  const beginning = text.length > maxLength ? text.slice(0, maxLength).replace(/\S{1,400}$/, '…') : text
  return beginning.replaceAll('\0', '').toWellFormed()
}

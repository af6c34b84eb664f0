import type { Context } from '../context.ts'
import { fail } from '../errors.ts'
import { hmac, sha256 } from '../secrets.ts'
import { canonicalJson } from './canonical-json.ts'

/** What a call with a key lays claim to: to be the one that is done, or to be answered as that one was. */
export interface Claim {
  /** Of the row. Several while `APP_SECRET` rotates; a new row has the first. */
  ids: readonly [Buffer, ...Buffer[]]
  /** What two calls at once meet at. */
  lockKey: string
  /** Null is nobody. */
  userId: string | null
  /** Of what was sent, by each secret. */
  bodyMacs: readonly [Buffer, ...Buffer[]]
}

/** @throws VALIDATION_ERROR for a key that is none */
export function claimOf(
  { principal, settings }: Pick<Context, 'principal' | 'settings'>,
  path: string,
  key: string,
  body: unknown,
): Claim {
  const userId = principal?.user.id ?? null
  refuseBadKey(key, userId)
  const text = canonicalJson(body)
  const macOf = (secret: string) => hmac(secret, 'idempotency', text)
  const [secret, ...olderSecrets] = settings.appSecrets
  const bodyMacs = [macOf(secret), ...olderSecrets.map(macOf)] as const
  const scope = hashOf(userId, path, key)
  // Whoever guesses the key of somebody who is nobody yet learns nothing without having sent the same.
  const idOf = (mac: Buffer) => (userId ? scope : hashOf(userId, path, key, mac.toString('base64url')))
  const [mac, ...olderMacs] = bodyMacs
  const lockKey = scope.readBigInt64BE().toString()
  return { ids: [idOf(mac), ...olderMacs.map(idOf)], lockKey, userId, bodyMacs }
}

const hashOf = (...parts: (string | null)[]) => sha256(JSON.stringify(parts))

// 22 characters of base64url hold 128 bits; a UUID has 36.
const unguessable = /^"?[\w-]{22,253}"?$/
const visible = /^[\x21-\x7e]{1,255}$/

/** One's own keys need only be one's own; those of nobody are kept apart from others' by being unguessable. */
function refuseBadKey(key: string, userId: string | null): void {
  if (userId ? visible.test(key) : unguessable.test(key)) return
  const message = userId
    ? 'Must be 1 to 255 visible ASCII characters'
    : 'Must be a UUID, or 22 to 253 random characters of A–Z, a–z, 0–9, - and _'
  throw fail('VALIDATION_ERROR', { fields: { 'Idempotency-Key': [message] } })
}

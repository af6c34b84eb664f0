import type { Operation, TRPCLink } from '@trpc/client'
import type { AppRouter } from './api.ts'
import { idempotentProcedures } from './idempotent-procedures.ts'

/** Gives a mutation that the server does once for each key a key of its own, if it has none from its caller. */
export const idempotencyLink: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) => {
    const { idempotencyKey: given, ...context } = op.context
    if (op.type !== 'mutation') return next({ ...op, context })
    const idempotencyKey = given ?? (isIdempotent(op) ? newKey() : undefined)
    return next({ ...op, context: idempotencyKey === undefined ? context : { ...context, idempotencyKey } })
  }

export function keyOf({ context }: Operation): string | undefined {
  const key = context['idempotencyKey']
  return typeof key === 'string' ? key : undefined
}

/** Whether the server takes a second attempt for the first. */
export function isRepeatable(op: Operation): boolean {
  return op.type === 'query' || (isIdempotent(op) && keyOf(op) !== undefined)
}

const isIdempotent = ({ path }: Operation) => idempotentProcedures.includes(path)

/**
 * 128 random bits; the more handy `randomUUID` is there on https pages only. Where there is no way to make a key, calls
 * go without one, once.
 */
function newKey(): string | undefined {
  if (typeof globalThis.crypto?.getRandomValues !== 'function') return undefined
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

import { fail } from '../errors.ts'

/** A place in the order of the events: behind the row of that transaction and that id. */
export interface LiveCursor {
  transactionId: bigint
  id: bigint
}

/** As a client gives it back. */
export interface GivenCursor extends LiveCursor {
  /** When it was given, where there was no row yet that it could name. */
  givenAt?: Date
}

export const formatCursor = ({ transactionId, id }: LiveCursor) => `${transactionId}-${id}`

/** The end of a log that is still empty: its clients come back to it, too. */
export const formatStart = ({ transactionId, id }: LiveCursor, at: Date) =>
  `${transactionId}-${id}-${Math.floor(at.getTime() / 1000)}`

const pattern = /^(\d{1,20})-(\d{1,19})(?:-(\d{1,10}))?$/
// What PostgreSQL's types hold.
const [maxTransactionId, maxId] = [2n ** 64n - 1n, 2n ** 63n - 1n]

/** @throws CURSOR_INVALID */
export function parseCursor(given: string): GivenCursor {
  const [, transaction, row, seconds] = pattern.exec(given) ?? []
  if (transaction === undefined || row === undefined) throw fail('CURSOR_INVALID')
  const cursor = { transactionId: BigInt(transaction), id: BigInt(row) }
  if (cursor.transactionId > maxTransactionId || cursor.id > maxId) throw fail('CURSOR_INVALID')
  return seconds === undefined ? cursor : { ...cursor, givenAt: new Date(Number(seconds) * 1000) }
}

export function isAfter(one: LiveCursor, other: LiveCursor): boolean {
  if (one.transactionId !== other.transactionId) return one.transactionId > other.transactionId
  return one.id > other.id
}

export const later = (one: LiveCursor, other: LiveCursor) => (isAfter(one, other) ? one : other)

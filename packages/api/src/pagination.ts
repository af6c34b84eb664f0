import * as z from 'zod'
import { fail } from './errors.ts'
import { text } from './schemas.ts'

export const limit = z.int().min(1).max(100).default(20).meta({ description: 'How many at most' })

export const cursor = text(1, 500).optional().meta({ description: '`nextCursor` of the page before' })

/** Pages never count: a total costs a scan and is wrong by the time it is read. */
export const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

/** A cursor is the exact key of the last row seen, so that rows with equal times are neither lost nor repeated. */
export const encodeCursor = (key: readonly string[]) => Buffer.from(JSON.stringify(key)).toString('base64url')

/** @throws CURSOR_INVALID */
export function decodeCursor<Key extends z.ZodType>(
  given: string | undefined,
  key: Key,
): z.output<Key> | undefined {
  if (given === undefined) return undefined
  try {
    return key.parse(JSON.parse(Buffer.from(given, 'base64url').toString()))
  } catch {
    throw fail('CURSOR_INVALID')
  }
}

/** `rows` were asked for with one more than `limit`: the surplus says that there is a next page. */
export function toPage<Row, Item>(
  rows: Row[],
  limit: number,
  toItem: (row: Row) => Item,
  keyOf: (row: Row) => string[],
) {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(toItem),
    nextCursor: rows.length > limit && last ? encodeCursor(keyOf(last)) : null,
  }
}

/** The key of lists that are ordered by id. */
export const idKey = z.tuple([z.uuid()])

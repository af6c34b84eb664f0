import { formatCursor, type LiveCursor } from './cursor.ts'
import { event, type LiveEvent } from './output.ts'
import type { EventRow } from './queries.ts'
import type { LiveTopic } from './topics.ts'

/** An event as streams hold it; one object for all of them. */
export interface Delivery {
  event: LiveEvent
  cursor: LiveCursor
  topic: LiveTopic
  userId: string | null
  /** Of its JSON, roughly. */
  bytes: number
}

export const cursorOf = ({ transactionId, id }: Pick<EventRow, 'transactionId' | 'id'>): LiveCursor => ({
  transactionId: BigInt(transactionId),
  id: BigInt(id),
})

/** Undefined for a row that nobody could read: written by hand, or by a release that knows more topics. */
export function toDelivery(row: EventRow): Delivery | undefined {
  const cursor = cursorOf(row)
  const shown = event.safeParse({ ...row, id: formatCursor(cursor), at: row.at.toISOString() })
  if (!shown.success) return undefined
  const bytes = JSON.stringify(shown.data).length
  return { event: shown.data, cursor, topic: row.topic, userId: row.userId, bytes }
}

/** What a stream says of itself. */
export const notice = (kind: 'stream.opened' | 'stream.reset', id: string): LiveEvent => ({
  id,
  topic: 'stream',
  kind,
  data: {},
  at: new Date().toISOString(),
})

import { tracked, type TrackedEnvelope } from '@trpc/server'
import type { Kysely } from 'kysely'
import type { Database } from '../db.ts'
import type { Log } from '../deps.ts'
import { formatStart, isAfter, later, parseCursor, type GivenCursor, type LiveCursor } from './cursor.ts'
import { cursorOf, notice, toDelivery } from './events.ts'
import type { Feed } from './feed.ts'
import type { LiveStream } from './open-streams.ts'
import type { LiveEvent } from './output.ts'
import { findEnd, listMissed } from './queries.ts'

export type LiveEvents = AsyncIterableIterator<TrackedEnvelope<LiveEvent>, void>

/** Where a stream begins. */
export interface Beginning {
  /** What it says first. */
  first: LiveEvent | undefined
  /** Behind this it goes on… */
  position: LiveCursor
  /** …and up to here it was when it began. */
  end: LiveCursor
}

interface Source {
  db: Kysely<Database>
  feed: Feed
  log: Log
}

/** Where it was left; at the end of the log, where nobody was before or what came since cannot be told any more. */
export async function findBeginning(db: Kysely<Database>, given?: GivenCursor): Promise<Beginning> {
  const { isComplete, ...end } = await findEnd(db, given)
  const cursor = endOf(end)
  if (given && isComplete) return { first: undefined, position: given, end: later(given, cursor) }
  const id = end.last ?? formatStart(cursor, new Date())
  return { first: notice(given ? 'stream.reset' : 'stream.opened', id), position: cursor, end: cursor }
}

const endOf = ({ last, horizon }: { last: string | null; horizon: string }): LiveCursor =>
  last ? parseCursor(last) : { transactionId: BigInt(horizon), id: 0n }

/**
 * The events of a stream, until it is closed. That always ends in an error: a client that is told of an end does not come back,
 * and one that comes back is told what is the matter.
 */
export function bring(source: Source, stream: LiveStream, beginning: Beginning): LiveEvents {
  const events = bringAll(source, stream, beginning)
  return {
    next() {
      const next = events.next()
      // tRPC asks ahead, and drops what it asked for when its reader leaves.
      next.catch(() => {})
      return next
    },
    // A generator that waits for an event would wait for it before it returned.
    return() {
      stream.leave()
      return events.return()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

async function* bringAll(source: Source, stream: LiveStream, { first, position, end }: Beginning) {
  try {
    if (first && !stream.queue.isClosed()) yield tracked(first.id, first)
    for await (const event of missedAndNew(source, stream, position, end)) yield tracked(event.id, event)
  } catch (err) {
    source.log.warn({ err }, 'a live stream was cut short')
  } finally {
    stream.leave()
  }
  throw new DOMException('The stream was closed.', 'AbortError')
}

/**
 * What was missed is read; then the feed hands out what is new. What comes between the two is read once more: the feed says from
 * where on it hands out all.
 */
async function* missedAndNew({ db, feed }: Source, stream: LiveStream, from: LiveCursor, end: LiveCursor) {
  let [position, until] = [from, end]
  for (let pages = 2; pages > 1; position = until, until = await laterEnd(db, until, pages)) {
    pages = 0
    for await (const events of missed(db, stream, position, until)) {
      pages++
      yield* events
    }
  }
  stream.position = position
  const joined = await feed.join(stream)
  for await (const events of missed(db, stream, position, joined)) yield* events
  for (let event; (event = await stream.queue.take());) yield event
}

const page = 200

/** Who had much to catch up with has been away from the end for a while again. */
async function laterEnd(db: Kysely<Database>, until: LiveCursor, pages: number): Promise<LiveCursor> {
  return pages > 1 ? later(until, endOf(await findEnd(db))) : until
}

async function* missed(db: Kysely<Database>, stream: LiveStream, from: LiveCursor, until: LiveCursor) {
  for (let after = from; isAfter(until, after) && !stream.queue.isClosed();) {
    const rows = await listMissed(db, stream, { after, until }, page)
    yield rows.flatMap((row) => toDelivery(row)?.event ?? [])
    const last = rows.at(-1)
    if (!last || rows.length < page) return
    after = cursorOf(last)
  }
}

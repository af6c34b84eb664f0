import type { Kysely } from 'kysely'
import type { Database } from '../db.ts'
import type { Log } from '../deps.ts'
import { watchOutage } from '../outage.ts'
import { audienceOf } from './audiences.ts'
import { isAfter, type LiveCursor } from './cursor.ts'
import { cursorOf, toDelivery, type Delivery } from './events.ts'
import { createOpenStreams, type LiveStream } from './open-streams.ts'
import { listReaders, listSettled, type EventRow } from './queries.ts'
import { liveTopics } from './topics.ts'

export interface Feed {
  /** From now on the stream is handed what comes for it; where now is: what came before, it is not. */
  join(stream: LiveStream): Promise<LiveCursor>
  leave(stream: LiveStream): void
  /** There may be new events. */
  wake(): void
}

// What comes at once must fit into the queue of who reads as fast as they can.
const page = 100
// A NOTIFY that was lost costs so much.
const pollMs = 3_000
const retryMs = 1_000
// While events wait for a transaction that is open, as nobody tells when it ends.
const [soonMs, laterMs] = [20, 200]

/** Reads each event once for all streams of the process, in the one order that they have; while there are none, nothing. */
export function createFeed(db: Kysely<Database>, log: Log): Feed {
  const streams = createOpenStreams()
  const outage = watchOutage(log, {
    away: 'live events cannot be read: streams wait',
    back: 'live events are read again',
  })
  /** Up to where all was handed out; undefined while nobody is there. */
  let position: LiveCursor | undefined
  let isReading = false
  let isStale = false
  let waitingSince: number | undefined
  let timer: NodeJS.Timeout | undefined
  const joining: (() => void)[] = []

  return {
    join(stream) {
      return new Promise((resolve) => {
        joining.push(() => resolve(enter(stream)))
        if (!isReading) admit()
        wake()
      })
    },
    leave(stream) {
      streams.delete(stream)
      if (streams.size() > 0) return
      position = undefined
      clearTimeout(timer)
    },
    wake,
  }

  function enter(stream: LiveStream): LiveCursor {
    // Its reader may have left while it waited.
    if (stream.queue.isClosed()) return stream.position
    streams.add(stream)
    return (position ??= stream.position)
  }

  /** Between two pages only: of one that is being handed out, a newcomer would get a part. */
  function admit() {
    for (const enterNow of joining.splice(0)) enterNow()
  }

  function wake() {
    isStale = true
    if (position && !isReading) void read()
  }

  async function read() {
    clearTimeout(timer)
    isReading = true
    let pauseMs = retryMs
    try {
      while (isStale && position) {
        isStale = false
        pauseMs = await readToTheEnd()
      }
      outage.ended()
    } catch (error) {
      outage.began(error)
    }
    isReading = false
    admit()
    if (position) timer = setTimeout(wake, isStale ? 0 : pauseMs)
  }

  /** How long to wait until the next time. */
  async function readToTheEnd(): Promise<number> {
    while (position) {
      const { rows, areWaiting } = await listSettled(db, position, page)
      await handOut(rows)
      admit()
      if (rows.length === page) continue
      if (!areWaiting || rows.length > 0) waitingSince = undefined
      return areWaiting ? patience() : pollMs
    }
    return pollMs
  }

  /** The longer that transaction has been open, the longer it may be. */
  function patience(): number {
    waitingSince ??= performance.now()
    return Math.min(Math.max(soonMs, (performance.now() - waitingSince) / 4), laterMs)
  }

  async function handOut(rows: EventRow[]) {
    const deliveries = rows.map(toDelivery).filter((delivery) => delivery !== undefined)
    if (deliveries.length < rows.length) log.warn({}, 'a live event could not be read')
    const readersOf = await findReaders(deliveries)
    for (const delivery of deliveries)
      for (const stream of recipients(delivery, readersOf)) hand(stream, delivery)
    const last = rows.at(-1)
    if (last && position) position = cursorOf(last)
  }

  function hand(stream: LiveStream, delivery: Delivery) {
    if (!isAfter(delivery.cursor, stream.position)) return
    if (!stream.queue.push(delivery)) stream.close()
  }

  function* recipients({ topic, userId }: Delivery, readersOf: ReadersOf): Iterable<LiveStream> {
    if (topic === 'jobs') yield* streams.of(topic)
    else if (userId === null) return
    else if (!audienceOf(topic)) yield* streams.of(topic, userId)
    else
      for (const [, readerId] of readersOf.get(`${topic} ${userId}`) ?? []) yield* streams.of(topic, readerId)
  }

  /** Who of those who are here is shown what others did. */
  async function findReaders(deliveries: Delivery[]): Promise<ReadersOf> {
    const found: [key: string, readerId: string][] = []
    for (const topic of liveTopics) {
      const audience = audienceOf(topic)
      const userIds = new Set(
        deliveries.filter((delivery) => delivery.topic === topic).map(({ userId }) => userId),
      )
      userIds.delete(null)
      const people = streams.people(topic)
      if (!audience || userIds.size === 0 || people.length === 0) continue
      const readers = await listReaders(db, audience, [...userIds], people)
      for (const { userId, readerId } of readers) found.push([`${topic} ${userId}`, readerId])
    }
    return Map.groupBy(found, ([key]) => key)
  }
}

type ReadersOf = Map<string, [key: string, readerId: string][]>

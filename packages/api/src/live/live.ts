import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Database } from '../db.ts'
import type { Log } from '../deps.ts'
import { fail } from '../errors.ts'
import { parseCursor } from './cursor.ts'
import { createFeed } from './feed.ts'
import { startListener, type Listener } from './listener.ts'
import type { LiveStream, Subscriber } from './open-streams.ts'
import { createPlaces } from './places.ts'
import { createQueue } from './queue.ts'
import { bring, findBeginning, type LiveEvents } from './reading.ts'
import { findSessions, mayStay } from './standing.ts'

export interface LiveOptions {
  db: Kysely<Database>
  /** For LISTEN: not a pooler's. */
  directUrl: string
  log: Log
  /** How often it is looked whether sessions hold; unless stated, who has lost theirs hears nothing more 5 s later. */
  checkMs?: number
}

export interface Reader {
  lastEventId: string | undefined
  /** Aborted when the reader is gone. */
  signal: AbortSignal | undefined
  /** Ends the connection of a reader that does not read. */
  cut: (() => void) | undefined
}

/** What a process needs to keep streams; nothing of it runs before the first one is opened. */
export interface Live {
  /** @throws CURSOR_INVALID, RATE_LIMITED for a person's eleventh, UNAVAILABLE when the process stops */
  open(subscriber: Subscriber, reader: Reader): Promise<LiveEvents>
  /** Ends all streams, and takes no more. */
  stop(): Promise<void>
}

const checksPerRenewal = 3
// For the end of an answer to be read.
const graceMs = 1_500

export function createLive({ db, directUrl, log, checkMs = 3_000 }: LiveOptions): Live {
  const feed = createFeed(db, log)
  const places = createPlaces(db)
  const streams = new Set<LiveStream>()
  let listener: Listener | undefined
  let timer: NodeJS.Timeout | undefined
  let checks = 0
  let isChecking = false
  let isStopping = false
  let stopped: Promise<void> | undefined

  return { open, stop }

  async function open(subscriber: Subscriber, reader: Reader): Promise<LiveEvents> {
    const given = reader.lastEventId === undefined ? undefined : parseCursor(reader.lastEventId)
    refuseWhenStopping()
    const place = await places.take(subscriber.userId)
    const release = () => places.release(place)
    try {
      const beginning = await findBeginning(db, given)
      refuseWhenStopping()
      return bring({ db, feed, log }, keep(subscriber, reader, release), beginning)
    } catch (error) {
      release()
      throw error
    }
  }

  function stop() {
    isStopping = true
    return (stopped ??= end())
  }

  async function end() {
    for (const stream of streams) stream.close()
    clearInterval(timer)
    await listener?.stop()
    // Places that cannot be given back lapse by themselves.
    await Promise.race([places.stop().catch(() => {}), sleep(2_000, undefined, { ref: false })])
  }

  function refuseWhenStopping() {
    if (isStopping) throw fail('UNAVAILABLE', { retryAfterSeconds: 2 })
  }

  function keep(subscriber: Subscriber, { signal, cut }: Reader, release: () => void): LiveStream {
    const queue = createQueue()
    const stream: LiveStream = { ...subscriber, queue, position: { transactionId: 0n, id: 0n }, close, leave }
    listener ??= startListener({ url: directUrl, log, onWake: feed.wake })
    streams.add(stream)
    timer ??= setInterval(() => void check(), checkMs)
    signal?.addEventListener('abort', leave)
    if (signal?.aborted) leave()
    return stream

    function leave() {
      if (!streams.delete(stream)) return
      feed.leave(stream)
      signal?.removeEventListener('abort', leave)
      queue.close()
      release()
      if (streams.size > 0) return
      clearInterval(timer)
      timer = undefined
    }

    function close() {
      const isRead = queue.isAwaited()
      leave()
      if (!cut || signal?.aborted) return
      if (!isRead) cut()
      else cutUnlessGone(cut, signal)
    }
  }

  /** One query for all. While the database does not answer there is nothing to hear either. */
  async function check() {
    if (isChecking) return
    isChecking = true
    const checked = [...streams]
    try {
      const sessions = await findSessions(db, [...new Set(checked.map(({ sessionId }) => sessionId))])
      for (const stream of checked) if (!mayStay(stream, sessions.get(stream.sessionId))) stream.close()
      if (++checks % checksPerRenewal === 0) await places.renew()
    } catch (err) {
      log.warn({ err }, 'the sessions of live streams could not be looked up')
    } finally {
      isChecking = false
    }
  }
}

/** tRPC asks for the next event before the last one was taken: who seems to read may not. */
function cutUnlessGone(cut: () => void, signal: AbortSignal | undefined) {
  const timer = setTimeout(cut, graceMs).unref()
  signal?.addEventListener('abort', () => clearTimeout(timer), { once: true })
}

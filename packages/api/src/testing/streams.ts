import { isTrackedEnvelope } from '@trpc/server'
import { sql } from 'kysely'
import { expect, vi } from 'vitest'
import { createContext } from '../context.ts'
import { inTransaction } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { LiveEvent } from '../live/output.ts'
import { publish, type NewLiveEvent } from '../live/publish.ts'
import type { LiveTopic } from '../live/topics.ts'
import { appRouter } from '../router.ts'
import { eventually } from './eventually.ts'
import { plainRequest } from './plain-request.ts'

export interface TestStream {
  /** All that arrived. */
  events: LiveEvent[]
  /** What arrived, without what the stream says of itself. */
  numbers(): unknown[]
  /** Where it was left. */
  lastId(): string
  /** Why it ended: the name of the error. */
  ended: Promise<string>
  isOpen(): boolean
  /** Whether its connection was cut. */
  wasCut(): boolean
  leave(): void
}

export interface TestStreamOptions {
  topics?: LiveTopic[]
  lastEventId?: string | undefined
  /** Awaited before each next event is asked for. */
  beforeNext?: (event: LiveEvent) => Promise<void>
}

/** Opens a stream as whoever holds the token, and reads it until it ends. It has begun when this returns. */
export async function openTestStream(
  deps: Deps,
  { token }: { token: string },
  { topics = ['notifications'], lastEventId, beforeNext = async () => {} }: TestStreamOptions = {},
): Promise<TestStream> {
  if (lastEventId === undefined) await settled(deps)
  const gone = new AbortController()
  const cut = vi.fn(() => gone.abort())
  const request = { ...plainRequest(), authorization: `Bearer ${token}` }
  const context = () => createContext(deps, request, { setCookie: () => {}, cut })
  const caller = appRouter.createCaller(context, { signal: gone.signal })
  const stream = await caller.live.stream({ topics, ...(lastEventId !== undefined && { lastEventId }) })
  const events: LiveEvent[] = []
  let isOpen = true
  const read = async () => {
    for await (const event of stream) {
      if (!isTrackedEnvelope<LiveEvent>(event)) throw new Error('an event without an id')
      events.push(event[1])
      await beforeNext(event[1])
    }
  }
  const ended = read().then(
    () => 'done',
    (error: Error) => error.name,
  )
  void ended.then(() => {
    isOpen = false
    gone.abort()
  })
  if (lastEventId === undefined)
    await eventually(() => events[0] ?? Promise.reject(new Error('no first event')))
  return {
    events,
    numbers: () => events.filter(({ topic }) => topic !== 'stream').map(({ data }) => data.n),
    lastId: () => events.at(-1)?.id ?? '',
    ended,
    isOpen: () => isOpen,
    wasCut: () => cut.mock.calls.length > 0,
    leave: () => gone.abort(),
  }
}

/**
 * Resolves when what was published is behind every transaction of the server: a stream that begins then brings none of it. Other tests
 * have some open, in databases of their own.
 */
export const settled = ({ db }: Pick<Deps, 'db'>) =>
  eventually(async () => {
    const { rows } = await sql`
      select from live_events where transaction_id >= pg_snapshot_xmin(pg_current_snapshot())`.execute(db)
    expect(rows).toEqual([])
  })

/** Those that a test opens, to leave them all behind it. */
export function testStreams() {
  const opened: TestStream[] = []
  return {
    async open(...given: Parameters<typeof openTestStream>): Promise<TestStream> {
      const stream = await openTestStream(...given)
      opened.push(stream)
      return stream
    },
    async leaveAll() {
      const left = opened.splice(0)
      for (const stream of left) stream.leave()
      await Promise.all(left.map(({ ended }) => ended))
    },
  }
}

/** An event with a number, for one person. */
export const publishNumber = (
  { db }: Pick<Deps, 'db'>,
  { user }: { user: { id: string } },
  n: number,
  event: Partial<NewLiveEvent> = {},
) =>
  inTransaction(db, (trx) =>
    publish(trx, { topic: 'notifications', kind: 'test.happened', userId: user.id, data: { n }, ...event }),
  )

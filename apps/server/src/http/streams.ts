import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { LiveEvent } from '@tenon/api'
import { isTrackedEnvelope } from '@trpc/server'
import type { FastifyReply, FastifyRequest } from 'fastify'

const pingMs = 15_000
const retryMs = 2_000

/** Aborted when whoever asked is gone. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  // It left while it was looked up who asks: that was told before anybody listened.
  if (reply.raw.destroyed) gone.abort()
  return gone.signal
}

/** Nothing on the way may keep a stream, or wait until there is more of it. */
export function markAsStream(reply: FastifyReply): FastifyReply {
  return reply
    .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    .type('text/event-stream; charset=utf-8')
}

/** Events as `text/event-stream`, no faster than they are read. */
export function sendEvents(
  { method }: FastifyRequest,
  reply: FastifyReply,
  events: AsyncIterator<unknown> & AsyncIterable<unknown>,
  pings: Pings,
): FastifyReply {
  markAsStream(reply)
  if (method === 'HEAD') {
    void events.return?.()
    return reply.send('')
  }
  void reply.send(Readable.from(framesOf(events)))
  pings.keepAwake(reply.raw)
  return reply
}

async function* framesOf(events: AsyncIterable<unknown>) {
  yield `retry: ${retryMs}\n\n`
  try {
    for await (const event of events) if (isTrackedEnvelope<LiveEvent>(event)) yield frameOf(event[1])
  } catch (error) {
    // It was closed: whoever comes back is told why.
    if (!(error instanceof DOMException)) throw error
  }
}

const frames = new WeakMap<LiveEvent, string>()

/** The same event goes to many. */
function frameOf(event: LiveEvent): string {
  const known = frames.get(event)
  if (known) return known
  const frame = `id: ${event.id}\nevent: ${event.topic}\ndata: ${JSON.stringify(event)}\n\n`
  frames.set(event, frame)
  return frame
}

export interface Pings {
  /** Until it is closed. */
  keepAwake(response: ServerResponse): void
}

/** Its end may be on the way to a slow reader. */
const mayWrite = ({ writableNeedDrain, writableEnded }: ServerResponse) =>
  !writableNeedDrain && !writableEnded

/** One timer for all. What is not read is not written to: Node ends it after a while. */
export function createPings(): Pings {
  const awake = new Set<ServerResponse>()
  let timer: NodeJS.Timeout | undefined
  const ping = () => {
    for (const response of awake) if (mayWrite(response)) response.write(': ping\n\n')
  }
  return {
    keepAwake(response) {
      if (response.destroyed) return
      awake.add(response)
      timer ??= setInterval(ping, pingMs)
      response.once('close', () => {
        awake.delete(response)
        if (awake.size > 0) return
        clearInterval(timer)
        timer = undefined
      })
    },
  }
}

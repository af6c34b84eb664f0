import type { EventSourceMessage } from 'eventsource-parser'
import { isObject } from '../answers.ts'
import { ApiError } from '../api-error.ts'
import { toApiError } from '../api-error-link.ts'
import { parse } from '../fetch.ts'
import type { StreamOptions } from '../streams.ts'
import { createBackoff, isFinal, type Backoff } from './backoff.ts'
import { connect } from './connection.ts'
import { unreadable } from './messages.ts'
import { pause } from './waiting.ts'

export interface StreamSource {
  /** Requests the stream, from after an event where one is named. */
  request(lastEventId: string | undefined, signal: AbortSignal): Promise<Response>
  lastEventId: string | undefined
  /** Whether each attempt asks for a token anew, so that after an expired one a second attempt makes sense. */
  isRenewable: boolean
}

/** An event and its place in the stream, in the shape that tRPC gives to it. */
export interface StreamEvent {
  id: string
  data: Record<string, unknown>
}

interface Place {
  lastEventId: string | undefined
}

/** A stream over all of its connections. Nothing is sent before the first event is asked for. */
export async function* stream(
  { request, lastEventId, isRenewable }: StreamSource,
  { signal, onStateChange: tell }: Required<StreamOptions>,
): AsyncGenerator<StreamEvent, void> {
  const backoff = createBackoff()
  const place: Place = { lastEventId }
  let mayRenew = isRenewable
  const onOpen = () => {
    mayRenew = isRenewable
    tell('live')
  }
  const signs = { onOpen, onRetry: backoff.startAt, onPing: backoff.reset }

  let refusal: ApiError | undefined
  tell('connecting')
  try {
    while (!signal.aborted) {
      let failure = ended()
      try {
        const messages = connect((once) => request(place.lastEventId, once), signal, signs)
        yield* eventsOf(messages, place, backoff)
      } catch (error) {
        failure = toApiError(error)
      }
      if (signal.aborted) return
      if (failure.status === 401 && mayRenew) mayRenew = false
      else if (isFinal(failure)) throw (refusal = failure)
      else {
        tell('reconnecting', failure)
        await pause(backoff.nextPauseMs(failure), signal)
      }
    }
  } finally {
    tell('stopped', refusal)
  }
}

async function* eventsOf(
  messages: AsyncIterable<EventSourceMessage>,
  place: Place,
  backoff: Backoff,
): AsyncGenerator<StreamEvent, void> {
  for await (const message of messages) {
    const data = dataOf(message)
    place.lastEventId = message.id ?? place.lastEventId
    // It only says where the stream begins.
    if (data['kind'] === 'stream.opened') continue
    backoff.reset()
    yield { id: place.lastEventId ?? '', data }
  }
}

function dataOf({ data }: EventSourceMessage): StreamEvent['data'] {
  const event = parse(data)
  if (!isObject(event)) throw unreadable(data)
  return event
}

/** Servers end streams when they stop, or when their reader is too slow; what was missed comes with the next one. */
function ended(): ApiError {
  return new ApiError({ code: 'NETWORK', message: 'The server ended the stream.' })
}

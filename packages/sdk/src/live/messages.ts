import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { ApiError } from '../api-error.ts'
import { reached } from '../fetch.ts'
import { heard } from './waiting.ts'

/** What a connection tells besides its events. */
export interface Signs {
  onOpen(): void
  /** The pause that the server wishes for before a new attempt. */
  onRetry(ms: number): void
  onPing(): void
}

/** In characters; the server's events are a few hundred. */
const longestEvent = 2 ** 20

/**
 * The events of a connection, as they arrive. It reads on when the last event was taken: who takes none for a while
 * makes the server wait, and has at most what one chunk held in memory.
 */
export async function* readMessages(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  { onRetry, onPing }: Signs,
): AsyncGenerator<EventSourceMessage, void> {
  const arrived: EventSourceMessage[] = []
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: (message) => arrived.push(message),
    onRetry,
    onComment: onPing,
    onError(error) {
      if (error.type === 'max-buffer-size-exceeded') throw unreadable(error)
    },
  })
  const decoder = new TextDecoder()
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await heard(reached(reader.read()), signal)
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
      for (const message of arrived.splice(0)) {
        yield message
        if (signal.aborted) return
      }
    }
  } finally {
    // A fetch that knows no signals would go on.
    reader.cancel().catch(() => {})
  }
}

/** 200, since that was answered: what garbled it may be gone at the next attempt. */
export function unreadable(cause: unknown): ApiError {
  return new ApiError({ code: 'INTERNAL', status: 200, message: 'The stream could not be read.', cause })
}

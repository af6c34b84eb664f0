import type { StreamOptions } from '../streams.ts'
import { unharmed } from './callbacks.ts'
import { stream, type StreamEvent, type StreamSource } from './stream.ts'

export interface OpenStream {
  events: AsyncGenerator<StreamEvent, void>
  stop(): void
}

/** A stream that ends by its caller's signal or by `stop`, and leaves no listener on the signal when it has ended. */
export function openStream(
  source: StreamSource,
  { signal, onStateChange = () => {} }: StreamOptions,
): OpenStream {
  const controller = new AbortController()
  const stop = () => controller.abort()
  const options = { signal: controller.signal, onStateChange: unharmed(onStateChange) }
  async function* events() {
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    try {
      yield* stream(source, options)
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }
  return { events: events(), stop }
}

/** Its events, for `for await`. Leaving the loop ends the stream, and so does `return` while the next event is awaited. */
export function iterate(source: StreamSource, options: StreamOptions): AsyncIterableIterator<StreamEvent> {
  const { events, stop } = openStream(source, options)
  return {
    next: () => events.next(),
    async return() {
      stop()
      return events.return()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

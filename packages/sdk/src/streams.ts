import type { ApiError } from './api-error.ts'

/**
 * How a stream is doing:
 *
 * - `connecting`: the first attempt is under way;
 * - `live`: events arrive as they happen;
 * - `reconnecting`: the connection was lost or could not be made, and is tried again by itself; `error` says why.
 *   What happens meanwhile arrives afterwards;
 * - `stopped`: it is over, by its caller's wish or, with an `error`, by the server's refusal.
 */
export type StreamState = 'connecting' | 'live' | 'reconnecting' | 'stopped'

/** What a stream may be given besides its input. */
export interface StreamOptions {
  /** Ends the stream when it is aborted. That is how one stops, so it is no error. */
  signal?: AbortSignal
  /** Told of each state, and with `reconnecting` of each failed attempt anew. */
  onStateChange?: (state: StreamState, error?: ApiError) => void
}

/**
 * What a subscription is given. The names are those of every tRPC client.
 *
 * What a callback throws is not caught: it is an uncaught error of the page or process, and the stream goes on.
 */
export interface SubscribeOptions<Event> extends StreamOptions {
  /** Told of each event once, in order. `id` is the place in the stream: give it as `lastEventId` to go on from there. */
  onData: (event: Event) => void
  /** Told of what ended the stream for good: it was refused, or `token` threw. Lost connections are no such end. */
  onError?: (error: ApiError) => void
  /** Told each time that the stream gets live. */
  onStarted?: () => void
  /** Told when `signal` has ended the stream. */
  onComplete?: () => void
}

/** A stream that is on. */
export interface Subscription {
  /** Ends the stream and its connection. No event arrives afterwards; a second time does nothing. */
  unsubscribe(): void
}

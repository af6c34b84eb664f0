import type { Operation, OperationResultEnvelope, TRPCClientError, TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import type { AppRouter } from '../api.ts'
import type { ApiError } from '../api-error.ts'
import { toApiError } from '../api-error-link.ts'
import type { StreamOptions, StreamState } from '../streams.ts'
import { unharmed } from './callbacks.ts'
import { openStream } from './open-stream.ts'
import type { StreamSource } from './stream.ts'

type Envelope = OperationResultEnvelope<unknown, TRPCClientError<AppRouter>>
type Result = Envelope['result']

/** Subscriptions, as tRPC's own client and its tools take them. */
export function liveLink(sourceOf: (op: Operation) => StreamSource): TRPCLink<AppRouter> {
  return () =>
    ({ op }) =>
      observable((observer) => {
        const next = unharmed((result: Result) => observer.next({ result }))
        const onStateChange = (state: StreamState, error?: ApiError) => {
          ownCallback(op)?.(state, error)
          for (const result of resultsOf(state, error)) next(result)
        }
        const { events, stop } = openStream(sourceOf(op), {
          ...(op.signal && { signal: op.signal }),
          onStateChange,
        })
        const pump = async () => {
          for await (const event of events) next({ type: 'data', id: event.id, data: event })
        }
        pump().then(
          () => observer.complete(),
          (error: unknown) => observer.error(toApiError(error)),
        )
        return stop
      })
}

/** The SDK's own way to tell the state, which tRPC's client would not hand on. */
function ownCallback({ context }: Operation): StreamOptions['onStateChange'] {
  return context['onStateChange'] as StreamOptions['onStateChange']
}

/** tRPC's words for a state. */
function resultsOf(state: StreamState, error?: ApiError): Result[] {
  if (state === 'live') return [{ type: 'started' }, { type: 'state', state: 'pending', error: null }]
  if (state === 'stopped') return [{ type: 'stopped' }, { type: 'state', state: 'idle', error: null }]
  return [{ type: 'state', state: 'connecting', error: error ?? null }]
}

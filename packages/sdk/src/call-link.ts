import type { TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import { ApiError } from './api-error.ts'
import { withRetries } from './retry.ts'
import type { AppRouter } from './api.ts'

/** Ends each call when its time is up or its caller's signal says so, also while the rest of its batch goes on. */
export function callLink(defaultTimeoutMs: number): TRPCLink<AppRouter> {
  return () => (call) =>
    observable((observer) => {
      // The signal is heeded here; handed on, every call would leave a listener on it.
      const op = { ...call.op, signal: null }
      const { signal } = call.op
      if (signal?.aborted) return observer.error(aborted(signal))

      const timeoutMs = timeoutOf(op.context['timeoutMs'], defaultTimeoutMs)
      const startedAt = performance.now()
      const remainingMs = () => timeoutMs - (performance.now() - startedAt)
      const running = withRetries({ op, next: call.next }, remainingMs).subscribe(observer)

      const onAbort = () => signal && observer.error(aborted(signal))
      signal?.addEventListener('abort', onAbort)
      const timer =
        timeoutMs <= longestTimerMs
          ? setTimeout(() => observer.error(timedOut(timeoutMs)), timeoutMs)
          : undefined
      return () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        running.unsubscribe()
      }
    })
}

/** A longer delay would make timers fire at once. */
const longestTimerMs = 2 ** 31 - 1

function timeoutOf(own: unknown, fallback: number): number {
  return typeof own === 'number' ? own : fallback
}

function timedOut(timeoutMs: number): ApiError {
  return new ApiError({ code: 'TIMEOUT', message: `There was no answer within ${timeoutMs / 1000} seconds.` })
}

function aborted(signal: AbortSignal): ApiError {
  return new ApiError({ code: 'ABORTED', cause: signal.reason })
}

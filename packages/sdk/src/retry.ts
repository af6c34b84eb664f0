import type { OperationLink } from '@trpc/client'
import { observable, type Unsubscribable } from '@trpc/server/observable'
import { ApiError, type ApiErrorCode } from './api-error.ts'
import type { AppRouter } from './api.ts'
import { isRepeatable } from './idempotency-link.ts'

type Call = Parameters<OperationLink<AppRouter>>[0]

const attempts = 3
const longestWaitSeconds = 5

/** Passes on up to three times what may be repeated. `remainingMs` is what the caller's patience has left. */
export function withRetries({ op, next }: Call, remainingMs: () => number): ReturnType<Call['next']> {
  if (!isRepeatable(op)) return next(op)
  return observable((observer) => {
    let running: Unsubscribable | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const attempt = (number: number) => {
      running = next(op).subscribe({
        next: (value) => observer.next(value),
        complete: () => observer.complete(),
        error(error) {
          const pauseMs = pauseBeforeRetry(error, number)
          if (pauseMs === undefined || pauseMs >= remainingMs()) observer.error(error)
          else timer = setTimeout(attempt, pauseMs, isInFlight(error) ? number : number + 1)
        },
      })
    }
    attempt(1)
    return () => {
      clearTimeout(timer)
      running?.unsubscribe()
    }
  })
}

/**
 * Milliseconds to wait after a failed attempt (the first is 1) before the next; undefined where a new one is
 * pointless. A server that was too slow (504) would be so again, and more load would not help it.
 */
export function pauseBeforeRetry(error: unknown, attempt: number): number | undefined {
  if (!(error instanceof ApiError) || attempt >= attempts || !isPassing(error)) return undefined
  const { retryAfterSeconds = 0 } = error
  if (retryAfterSeconds > longestWaitSeconds) return undefined
  const backoffMs = 250 * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)
  return retryAfterSeconds * 1000 + backoffMs
}

function isPassing(error: ApiError): boolean {
  return passing.has(error.code) || isInFlight(error)
}

const passing = new Set<ApiErrorCode>(['NETWORK', 'UNAVAILABLE', 'RATE_LIMITED'])

/** The first attempt is still being done: its answer is there when it is, and waiting for it costs no attempt. */
function isInFlight(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'IDEMPOTENCY_IN_FLIGHT'
}

import type { ApiError } from '../api-error.ts'

const firstPauseMs = 250
const longestPauseMs = 30_000
/** The longest that a timer can be; a longer delay would make it fire at once. */
const longestTimerMs = 2 ** 31 - 1

export interface Backoff {
  /** The server's own wish, `retry:`. */
  startAt(ms: number): void
  /** The connection proved good. */
  reset(): void
  nextPauseMs(failure: ApiError): number
}

/** How long to wait between attempts: each time twice as long, and no two clients equally long. */
export function createBackoff(): Backoff {
  let baseMs = firstPauseMs
  let failures = 0
  return {
    startAt(ms) {
      baseMs = ms
    },
    reset() {
      failures = 0
    },
    nextPauseMs({ retryAfterSeconds = 0 }) {
      const doubledMs = Math.min(baseMs * 2 ** failures++, longestPauseMs)
      const ownMs = doubledMs * (0.5 + Math.random() / 2)
      return Math.min(retryAfterSeconds * 1000 + ownMs, longestTimerMs)
    },
  }
}

/** Whether a new attempt could only end the same: the server has said no, or the call could not be made at all. */
export function isFinal({ code, status }: ApiError): boolean {
  if (status === 0) return code !== 'NETWORK' && code !== 'TIMEOUT'
  return status >= 400 && status < 500 && !passing.includes(status)
}

const passing = [408, 425, 429]

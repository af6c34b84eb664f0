import { ApiError } from '../api-error.ts'

/** Three of the server's pings: a connection that is silent for longer is dead, whatever TCP makes of it. */
const longestSilenceMs = 45_000

/** What the promise brings. It rejects when the signal is aborted, and after too long a silence with `TIMEOUT`. */
export async function heard<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let giveUp = (_reason: unknown) => {}
  const givenUp = new Promise<never>((_resolve, reject) => (giveUp = reject))
  const onAbort = () => giveUp(signal.reason)
  const timer = setTimeout(() => giveUp(silence()), longestSilenceMs)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([promise, givenUp])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

/** Waits so long, or until the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}

function silence(): ApiError {
  const message = `Nothing was heard for ${longestSilenceMs / 1000} seconds.`
  return new ApiError({ code: 'TIMEOUT', message })
}

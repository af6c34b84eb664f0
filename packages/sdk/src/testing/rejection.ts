import { ApiError } from '../api-error.ts'
import { isApiError, type AnyApiError } from '../is-api-error.ts'

/** What a call rejects with, which must be an ApiError. */
export async function rejection(call: Promise<unknown>): Promise<AnyApiError> {
  const outcome = await call.then(
    (value) => new Error(`it resolved with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
  if (!isApiError(outcome) || !(outcome instanceof ApiError)) throw outcome
  return outcome
}

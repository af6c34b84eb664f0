import { TRPCClientError, type TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import { errorOf, type Answer } from './answers.ts'
import { ApiError } from './api-error.ts'
import type { AppRouter } from './api.ts'

/** Turns whatever the transport reports into an `ApiError`; tRPC's client throws that as it is. */
export const apiErrorLink: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) =>
    observable((observer) =>
      next(op).subscribe({
        next: (value) => observer.next(value),
        complete: () => observer.complete(),
        error: (error) => observer.error(toApiError(error)),
      }),
    )

export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (!(error instanceof TRPCClientError)) return unexpected(error)
  if (error.cause instanceof ApiError) return error.cause
  if (error.data) return errorOf(error.meta?.['response'] as Answer, error.data, error)
  return unexpected(error.cause ?? error)
}

/** A call that could not be made or read: an input that is no JSON, a `token` function that threw. */
function unexpected(cause: unknown): ApiError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ApiError({ code: 'INTERNAL', message: `The call could not be made: ${reason}`, cause })
}

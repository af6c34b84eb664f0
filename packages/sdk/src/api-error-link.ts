import { TRPCClientError, type TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import { errorOf, type Answer } from './answers.ts'
import type { AppRouter } from './api.ts'
import { ApiError } from './api-error.ts'

/** Turns whatever the transport reports into an `ApiError`; tRPC's client throws that as it is. */
export const apiErrorLink: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) =>
    observable((observer) => {
      const fail = (error: unknown) => observer.error(toApiError(error))
      try {
        return next(op).subscribe({ next: observer.next, complete: observer.complete, error: fail })
      } catch (error) {
        return fail(error)
      }
    })

export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (!(error instanceof TRPCClientError)) return unexpected(error)
  if (error.shape?.data) return errorOf(error.meta?.['response'] as Answer, error.shape.data, error.shape)
  return unexpected(error.cause ?? error)
}

/** A call that could not be made or read: an input that is no JSON, a `token` function that threw. */
function unexpected(cause: unknown): ApiError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ApiError({ code: 'INTERNAL', message: `The call could not be made: ${reason}`, cause })
}

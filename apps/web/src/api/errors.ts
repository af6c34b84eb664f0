import { type AnyApiError, type ApiErrorCode, isApiError } from '@tenon/sdk'

interface Explanation {
  message: string
  /** Only where somebody would look into the server's log. */
  requestId: string | undefined
}

/** A failure in words for the person in front of the page. */
export function explain(error: unknown): Explanation {
  if (!isApiError(error))
    return { message: 'Something unexpected happened on this page.', requestId: undefined }
  return { message: messageOf(error), requestId: error.status >= 500 ? error.requestId : undefined }
}

function messageOf(error: AnyApiError): string {
  if (error.code === 'NETWORK') return 'The server cannot be reached. Check the connection and try again.'
  if (error.code === 'TIMEOUT') return 'The server took too long to answer. Try again.'
  if (error.code === 'UNAUTHORIZED') return 'You are signed out.'
  if (error.code === 'REAUTHENTICATION_REQUIRED') return 'Give your password again to do this.'
  if (error.code === 'ACCOUNT_SUSPENDED')
    return 'This account is suspended. If you think that is a mistake, ask the people who run this site.'
  if (error.code === 'LAST_ADMIN') return 'You are the only admin. Make somebody else an admin first.'
  if (error.code !== 'RATE_LIMITED') return error.message
  return `That was a little too often. Try again ${inTime(error.details.retryAfterSeconds)}.`
}

function inTime(seconds: number): string {
  if (seconds < 90) return `in ${Math.max(1, Math.round(seconds))} seconds`
  return `in ${Math.ceil(seconds / 60)} minutes`
}

/** Messages by the name of the field that they are about; `''` is the whole. */
export function fieldErrors(error: unknown): Record<string, string[]> {
  if (!isApiError(error)) return {}
  if (error.code === 'VALIDATION_ERROR') return error.details.fields
  const isTaken = error.code === 'EMAIL_TAKEN' || error.code === 'USERNAME_TAKEN'
  return isTaken ? { [error.details.field]: [error.message] } : {}
}

export const hasCode = (error: unknown, code: ApiErrorCode) => isApiError(error) && error.code === code

/** What cannot be an id names nothing, too. */
export const isNotFound = (error: unknown) => hasCode(error, 'NOT_FOUND') || 'id' in fieldErrors(error)

/** Used, too old, or never one of ours. */
export const isStaleToken = (error: unknown) =>
  hasCode(error, 'TOKEN_INVALID') || 'token' in fieldErrors(error)

import { type ApiErrorCode, isApiError } from '@tenon/sdk'

interface Explanation {
  message: string
  requestId: string | undefined
}

/** A failure in words for the person in front of the page. */
export function explain(error: unknown): Explanation {
  if (!isApiError(error))
    return { message: 'Something unexpected happened on this page.', requestId: undefined }
  const { code, message, requestId, retryAfterSeconds } = error
  const ownWords = {
    NETWORK: 'The server cannot be reached. Check the connection and try again.',
    TIMEOUT: 'The server took too long to answer. Try again.',
    RATE_LIMITED: `That was a little too often. Try again ${inTime(retryAfterSeconds)}.`,
  }
  return {
    message: code in ownWords ? ownWords[code as keyof typeof ownWords] : message,
    requestId: requestId || undefined,
  }
}

function inTime(seconds = 60): string {
  if (seconds < 90) return `in ${Math.max(1, Math.round(seconds))} seconds`
  return `in ${Math.ceil(seconds / 60)} minutes`
}

/** Messages by the name of the field that they are about; undefined when the failure is about none. */
export function fieldErrors(error: unknown): Record<string, string[]> | undefined {
  if (!isApiError(error)) return undefined
  if (error.code === 'VALIDATION_ERROR') return error.details.fields
  if (error.code === 'EMAIL_TAKEN' || error.code === 'USERNAME_TAKEN')
    return { [error.details.field]: [error.message] }
  return undefined
}

export const hasCode = (error: unknown, code: ApiErrorCode) => isApiError(error) && error.code === code

export const isNotFound = (error: unknown) => hasCode(error, 'NOT_FOUND')

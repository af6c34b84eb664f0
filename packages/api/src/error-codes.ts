/** Every code that Tenon answers with, its HTTP status and its default message. Types, OpenAPI and docs read it. */
export const errorCatalogue = {
  VALIDATION_ERROR: { status: 400, message: 'The input is not valid.' },
  TOKEN_INVALID: { status: 400, message: 'This link is no longer valid.' },
  CURSOR_INVALID: { status: 400, message: 'The cursor is not one that this list gave out.' },
  BATCH_TOO_LARGE: { status: 400, message: 'A batch holds at most 10 calls.' },
  UNAUTHORIZED: { status: 401, message: 'Sign in first.' },
  INVALID_CREDENTIALS: { status: 401, message: 'The address or the password is wrong.' },
  SECOND_FACTOR_REQUIRED: { status: 401, message: 'A second factor is needed.' },
  FORBIDDEN: { status: 403, message: 'You may not do this.' },
  CSRF: { status: 403, message: 'The request does not come from a page of this site.' },
  EMAIL_NOT_VERIFIED: { status: 403, message: 'Confirm your address first.' },
  ACCOUNT_SUSPENDED: { status: 403, message: 'This account is suspended.' },
  SCOPE_MISSING: { status: 403, message: 'The key lacks the scope for this.' },
  REAUTHENTICATION_REQUIRED: { status: 403, message: 'Sign in again to do this.' },
  NOT_FOUND: { status: 404, message: 'There is nothing here.' },
  METHOD_NOT_ALLOWED: { status: 405, message: 'This method is not allowed here.' },
  CONFLICT: { status: 409, message: 'This is in conflict with the present state.' },
  EMAIL_TAKEN: { status: 409, message: 'This address already has an account.' },
  USERNAME_TAKEN: { status: 409, message: 'This username is taken.' },
  VERSION_CONFLICT: { status: 409, message: 'It was changed in the meantime; load it again.' },
  LAST_CREDENTIAL: { status: 409, message: 'This is the last way to sign in.' },
  LAST_ADMIN: { status: 409, message: 'The last admin stays.' },
  IDEMPOTENCY_IN_FLIGHT: { status: 409, message: 'The same request is still being answered.' },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The body is larger than 1 MiB.' },
  URI_TOO_LONG: { status: 414, message: 'The address is too long.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'Send application/json.' },
  IDEMPOTENCY_MISMATCH: { status: 422, message: 'This key was used with another body.' },
  RATE_LIMITED: { status: 429, message: 'Too many requests; try again later.' },
  HEADERS_TOO_LARGE: { status: 431, message: 'The headers are too large.' },
  INTERNAL: { status: 500, message: 'Something went wrong on our side.' },
  UNAVAILABLE: { status: 503, message: 'The service is busy or away; try again.' },
  TIMEOUT: { status: 504, message: 'This took too long.' },
} as const satisfies Record<string, { status: number; message: string }>

export type ErrorCode = keyof typeof errorCatalogue

interface SpecificDetails {
  VALIDATION_ERROR: { fields: Record<string, string[]> }
  EMAIL_TAKEN: { field: 'email' }
  USERNAME_TAKEN: { field: 'username' }
  VERSION_CONFLICT: { currentVersion: number }
  IDEMPOTENCY_IN_FLIGHT: { retryAfterSeconds: number }
  RATE_LIMITED: { retryAfterSeconds: number }
  UNAVAILABLE: { retryAfterSeconds: number }
}

/** What `details` holds for a code; an empty object where nothing is promised. */
export type ErrorDetails<Code extends ErrorCode = ErrorCode> = Code extends keyof SpecificDetails
  ? SpecificDetails[Code]
  : Record<never, never>

/** What REST answers under `error`. */
export interface ErrorBody {
  code: ErrorCode
  message: string
  details: object
  requestId: string
}

/** What tRPC answers under `error.data`. */
export interface ErrorData extends ErrorBody {
  httpStatus: number
}

/** Codes that any procedure may answer, by what every request goes through; a feature declares the others. */
export const commonErrors = [
  'VALIDATION_ERROR',
  'UNAUTHORIZED',
  'CSRF',
  'RATE_LIMITED',
  'INTERNAL',
  'UNAVAILABLE',
  'TIMEOUT',
] as const satisfies ErrorCode[]

/** What a mutation with `Idempotency-Key` answers besides; each that is declared for it declares them. */
export const idempotencyErrors = [
  'IDEMPOTENCY_IN_FLIGHT',
  'IDEMPOTENCY_MISMATCH',
] as const satisfies ErrorCode[]

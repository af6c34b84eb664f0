import { TRPCClientError } from '@trpc/client'
import { errorCatalogue, type ErrorCode, type ErrorData, type ErrorDetails, type ErrorShape } from './api.ts'

/**
 * Every code that an {@link ApiError} carries: those of the server ({@link ErrorCode}), and two of the SDK's own
 * for calls that got no answer, both with status 0:
 *
 * - `NETWORK`: the server could not be reached, or the connection was cut before the answer was whole;
 * - `ABORTED`: the signal that the caller passed was aborted; `cause` is the signal's reason.
 *
 * A newer server may answer with a code that this version does not list: keep a `default` branch.
 */
export type ApiErrorCode = ErrorCode | 'NETWORK' | 'ABORTED'

/**
 * What `details` holds for a code; an empty object where nothing is promised.
 *
 * @example
 * type Taken = ApiErrorDetails<'EMAIL_TAKEN'> // { field: 'email' }
 */
export type ApiErrorDetails<Code extends ApiErrorCode = ApiErrorCode> = Code extends ErrorCode
  ? ErrorDetails<Code>
  : Record<never, never>

/** What an {@link ApiError} is made of. What is left out follows from the code. */
export interface ApiErrorFields<Code extends ApiErrorCode> {
  code: Code
  /** 0, nothing was answered, unless stated. */
  status?: number
  message?: string
  details?: ApiErrorDetails<Code>
  requestId?: string
  cause?: unknown
  shape?: ErrorShape | undefined
}

/** tRPC's own error class as far as users of this one see it: its types name Node's, which a frontend has not. */
interface ClientError extends Error {
  readonly cause: Error | undefined
  /** There where tRPC answered, as its own tools expect; `code` and `details` are always there. */
  readonly data: ErrorData | null | undefined
  readonly shape: ErrorShape | null | undefined
  meta: Record<string, unknown> | undefined
}

const ClientError: new (
  message: string,
  options: { cause?: Error; result?: { error: ErrorShape } },
) => ClientError = TRPCClientError

/**
 * The one thing that a call rejects with, whatever went wrong: the server's refusal, a proxy's HTML page, a cut
 * connection, a time-out. It extends tRPC's `TRPCClientError`, so code written for tRPC sees its own kind.
 *
 * Ask with {@link isApiError}, which narrows `details` along with `code`.
 *
 * @example
 * try {
 *   await client.auth.signIn.mutate({ email, password })
 * } catch (error) {
 *   if (isApiError(error) && error.code === 'RATE_LIMITED') return `Wait ${error.details.retryAfterSeconds} s`
 *   throw error
 * }
 */
export class ApiError<Code extends ApiErrorCode = ApiErrorCode> extends ClientError {
  /** Stable and meant for programs; `message` is meant for people. */
  readonly code: Code
  /**
   * The HTTP status that was answered, 0 where nothing was. A call that the SDK gave up on is `TIMEOUT` with
   * status 0; one that the server gave up on is `TIMEOUT` with 504.
   */
  readonly status: number
  /** What the code promises: the refused fields of `VALIDATION_ERROR`, the `field` of `EMAIL_TAKEN`, … */
  readonly details: ApiErrorDetails<Code>
  /** Names the request in the server's log; empty where nothing was answered. Show it to whoever asks for help. */
  readonly requestId: string
  /** Seconds to wait before a new attempt; there with `RATE_LIMITED`, `UNAVAILABLE` and `IDEMPOTENCY_IN_FLIGHT` only. */
  declare readonly retryAfterSeconds?: number

  constructor({ code, status = 0, message, details, requestId = '', cause, shape }: ApiErrorFields<Code>) {
    super(message ?? messageOf(code), {
      ...(cause !== undefined && { cause: cause as Error }),
      ...(shape && { result: { error: shape } }),
    })
    // TRPCClientError sets the prototype to its own.
    Object.setPrototypeOf(this, new.target.prototype)
    this.name = 'ApiError'
    this.code = code
    this.status = status
    this.details = { ...promisedDetails[code], ...details } as ApiErrorDetails<Code>
    this.requestId = requestId
    const seconds = (this.details as { retryAfterSeconds?: number }).retryAfterSeconds
    if (seconds !== undefined) this.retryAfterSeconds = seconds
  }
}

/** So that `details` keeps its promise also where a proxy answered, which knows nothing of it. */
const promisedDetails: { readonly [code: string]: object | undefined } = {
  VALIDATION_ERROR: { fields: {} },
  IDEMPOTENCY_IN_FLIGHT: { retryAfterSeconds: 1 },
  RATE_LIMITED: { retryAfterSeconds: 1 },
  UNAVAILABLE: { retryAfterSeconds: 1 },
}

function messageOf(code: ApiErrorCode): string {
  if (code === 'NETWORK') return 'The server could not be reached, or the connection was cut.'
  if (code === 'ABORTED') return 'The call was aborted.'
  return isErrorCode(code) ? errorCatalogue[code].message : 'The call failed.'
}

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCatalogue, code)

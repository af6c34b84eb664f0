import { TRPCError, type TRPC_ERROR_CODE_KEY } from '@trpc/server'
import { ZodError } from 'zod'
import type { ErrorCode, ErrorDetails } from './error-codes.ts'
import { errorCatalogue } from './error-codes.ts'

export { errorCatalogue } from './error-codes.ts'
export type { ErrorBody, ErrorCode, ErrorData, ErrorDetails } from './error-codes.ts'

/** An error from the catalogue: its message and details are safe to show to whoever called. */
export class Failure<Code extends ErrorCode = ErrorCode> extends TRPCError {
  readonly apiCode: Code
  readonly details: ErrorDetails<Code>

  constructor(code: Code, details: ErrorDetails<Code>, message?: string, cause?: unknown) {
    super({ code: trpcCodeOf(code), message: message ?? errorCatalogue[code].message, cause })
    this.name = 'Failure'
    this.apiCode = code
    this.details = details
  }

  get status(): number {
    return errorCatalogue[this.apiCode].status
  }
}

/**
 * The way to refuse: `throw fail('EMAIL_TAKEN', { field: 'email' })`.
 * A procedure declares the specific codes that it raises in its feature's `…Errors`.
 */
export function fail<Code extends ErrorCode>(
  code: Code,
  ...[details, message]: object extends ErrorDetails<Code>
    ? [details?: ErrorDetails<Code>, message?: string]
    : [details: ErrorDetails<Code>, message?: string]
): Failure<Code> {
  return new Failure(code, details ?? ({} as ErrorDetails<Code>), message)
}

/** What is not there and what is not yours are one answer. */
export const notFound = (what: string) => fail('NOT_FOUND', {}, `There is no such ${what}.`)

/** Whatever was thrown, as something that may leave the process. The original stays in `cause`, for the log. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  if (thrown instanceof TRPCError) return fromTrpc(thrown)
  return fromDatabase(thrown) ?? new Failure('INTERNAL', {}, undefined, thrown)
}

function fromTrpc(error: TRPCError): Failure {
  if (error.cause instanceof Failure) return error.cause
  if (error.code === 'BAD_REQUEST' && error.cause instanceof ZodError) return validationFailure(error.cause)
  if (error.code === 'BAD_REQUEST' && error.message.startsWith('Batch call exceeds'))
    return fail('BATCH_TOO_LARGE')
  if (error.code === 'INTERNAL_SERVER_ERROR') {
    return fromDatabase(error.cause) ?? new Failure('INTERNAL', {}, undefined, error.cause ?? error)
  }
  if (error.code === 'NOT_FOUND') return fail('NOT_FOUND', {}, 'There is no such procedure.')
  if (error.code === 'METHOD_NOT_SUPPORTED') return fail('METHOD_NOT_ALLOWED')
  if (error.code === 'PAYLOAD_TOO_LARGE') return fail('PAYLOAD_TOO_LARGE')
  if (error.code === 'UNSUPPORTED_MEDIA_TYPE') return fail('UNSUPPORTED_MEDIA_TYPE')
  return fail('VALIDATION_ERROR', { fields: { '': ['The request could not be read.'] } })
}

/** Messages by path, `"a.0.b"`; what concerns the whole input is under `""`. */
export function validationFailure(error: ZodError): Failure<'VALIDATION_ERROR'> {
  const fields: Record<string, string[]> = Object.create(null)
  for (const issue of error.issues) {
    const paths =
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]
    const message = issue.code === 'unrecognized_keys' ? 'Unknown field' : issue.message
    for (const path of paths.slice(0, 20)) (fields[path.join('.')] ??= []).push(message)
  }
  return fail('VALIDATION_ERROR', { fields: { ...fields } })
}

/** A database that is away or too busy is 503, one that takes too long 504; the rest is ours to explain: 500. */
function fromDatabase(thrown: unknown): Failure | undefined {
  const code = (thrown as { code?: unknown } | null | undefined)?.code
  const message = thrown instanceof Error ? thrown.message : ''
  if (code === '57014' || message === 'Query read timeout')
    return new Failure('TIMEOUT', {}, undefined, thrown)
  const isAway =
    (typeof code === 'string' &&
      /^(08...|57P0.|53300|40001|40P01|25006|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT)$/.test(
        code,
      )) ||
    /^(timeout exceeded when trying to connect|Connection terminated|Client (has encountered a connection error|was closed))/.test(
      message,
    )
  return isAway ? new Failure('UNAVAILABLE', { retryAfterSeconds: 2 }, undefined, thrown) : undefined
}

function trpcCodeOf(code: ErrorCode): TRPC_ERROR_CODE_KEY {
  return trpcCodes[errorCatalogue[code].status] ?? 'BAD_REQUEST'
}

const trpcCodes: Record<number, TRPC_ERROR_CODE_KEY> = {
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'SERVICE_UNAVAILABLE',
  504: 'GATEWAY_TIMEOUT',
}

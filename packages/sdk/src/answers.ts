import type { ErrorCode } from './api.ts'
import { ApiError, type ApiErrorFields } from './api-error.ts'

/** What the SDK looks at of a response. */
export interface Answer {
  status: number
  headers: Headers
}

/** What a refusal says, on REST under `error` and on tRPC under `error.data`; any of it may be missing or wrong. */
interface Envelope {
  code?: unknown
  message?: unknown
  details?: unknown
  requestId?: unknown
  httpStatus?: unknown
}

/** Whether the body is what tRPC answers: one outcome, or one for each call of a batch. */
export function isTrpcBody(body: unknown): boolean {
  const outcomes = Array.isArray(body) ? body : [body]
  return (
    outcomes.length > 0 &&
    outcomes.every((outcome) => isObject(outcome) && (isObject(outcome['result']) || isRefusal(outcome)))
  )
}

/** The error that an answer stands for when it is not tRPC's: REST's envelope, or whatever else a proxy wrote. */
export function errorOfAnswer(answer: Answer, body: unknown): ApiError {
  const envelope = isObject(body) && isObject(body['error']) ? body['error'] : {}
  return errorOf(answer, envelope)
}

/** The error that an envelope stands for, with what the answer around it says where the envelope is silent. */
export function errorOf(answer: Answer, envelope: Envelope, shape?: ApiError['shape']): ApiError {
  const isSpoken = typeof envelope.code === 'string'
  const status = typeof envelope.httpStatus === 'number' ? envelope.httpStatus : answer.status
  const code = isSpoken ? (envelope.code as ErrorCode) : codeOfStatus(status)
  const seconds = waited.has(code) ? retryAfter(answer.headers) : undefined
  return new ApiError({
    code,
    status,
    ...(typeof envelope.message === 'string' && isSpoken && { message: envelope.message }),
    details: {
      ...(seconds !== undefined && { retryAfterSeconds: seconds }),
      ...(isObject(envelope.details) && envelope.details),
    },
    requestId:
      typeof envelope.requestId === 'string'
        ? envelope.requestId
        : (answer.headers.get('x-request-id') ?? ''),
    shape: shape ?? undefined,
  } as ApiErrorFields<ErrorCode>)
}

/** Whatever else comes with a `Retry-After`, waiting would not help. */
const waited = new Set<ErrorCode>(['RATE_LIMITED', 'UNAVAILABLE', 'IDEMPOTENCY_IN_FLIGHT'])

/** For what fastify, Node and proxies answer by themselves. What makes no sense is `INTERNAL`. */
function codeOfStatus(status: number): ErrorCode {
  return codes[status] ?? (status >= 400 && status < 500 ? 'VALIDATION_ERROR' : 'INTERNAL')
}

const codes: { readonly [status: number]: ErrorCode | undefined } = {
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  408: 'TIMEOUT',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  414: 'URI_TOO_LONG',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMITED',
  431: 'HEADERS_TOO_LARGE',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'TIMEOUT',
}

/** Seconds, also where the header holds a date. */
function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after')
  if (!value) return undefined
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - Date.now()) / 1000)
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}

function isRefusal(outcome: Record<string, unknown>): boolean {
  const error = outcome['error']
  return isObject(error) && typeof error['code'] === 'number' && isObject(error['data'])
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

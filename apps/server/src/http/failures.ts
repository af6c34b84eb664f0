import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { TRPCError } from '@trpc/server'
import { fail, toFailure, type ErrorBody, type ErrorData, type Failure } from '@tenon/api'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Answers whatever was thrown, in the shape that the caller of this address reads. */
export function answerFailure(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = failureOf(thrown)
  // A procedure has already logged its own.
  if (failure.status >= 500 && !(thrown instanceof TRPCError)) {
    request.log.error({ err: failure.cause ?? failure }, 'request failed')
  }
  if (failure.status === 401) reply.header('www-authenticate', 'Bearer')
  reply.code(failure.status).headers(retryHeaders(failure)).type('application/json; charset=utf-8')
  return reply.send(failureBody(failure, request.url, request.id))
}

export function failureBody(failure: Failure, url: string, requestId: string): string {
  return JSON.stringify(isTrpc(url) ? trpcBody(failure, requestId) : restBody(failure, requestId))
}

export function retryHeaders({ details }: Failure): Record<string, string> {
  return 'retryAfterSeconds' in details ? { 'retry-after': String(details.retryAfterSeconds) } : {}
}

const isTrpc = (url: string) => /^\/trpc(?:[/?]|$)/.test(url)

function restBody({ apiCode: code, message, details }: Failure, requestId: string): { error: ErrorBody } {
  return { error: { code, message, details, requestId } }
}

function trpcBody({ apiCode, code, message, details, status }: Failure, requestId: string) {
  const data: ErrorData = { code: apiCode, message, details, requestId, httpStatus: status }
  return { error: { message, code: TRPC_ERROR_CODES_BY_KEY[code], data } }
}

/** Fastify's own refusals have a status below 500; what they say may quote the request, so it is not passed on. */
function failureOf(thrown: unknown): Failure {
  const { statusCode, code } = (thrown ?? {}) as { statusCode?: unknown; code?: unknown }
  const isFastify = typeof code === 'string' && code.startsWith('FST_') && typeof statusCode === 'number'
  if (!isFastify || statusCode >= 500) return toFailure(thrown)
  if (statusCode === 413) return fail('PAYLOAD_TOO_LARGE')
  if (statusCode === 414) return fail('URI_TOO_LONG')
  if (statusCode === 415) return fail('UNSUPPORTED_MEDIA_TYPE')
  return unreadable('The request could not be read')
}

export const unreadable = (message: string) => fail('VALIDATION_ERROR', { fields: { '': [message] } })

import * as z from 'zod'
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi'
import { declaredErrors } from '../declared-errors.ts'
import { commonErrors, errorCatalogue, type ErrorCode } from '../error-codes.ts'
import type { Operation } from './operations.ts'

const codes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]

export const errorSchema = z
  .object({
    error: z.object({
      code: z.enum(codes).meta({ description: 'Stable: programs may rely on it' }),
      message: z.string().meta({ description: 'For people' }),
      details: z.record(z.string(), z.unknown()).meta({ description: 'What goes with the code, else empty' }),
      requestId: z.string().meta({ description: 'As in X-Request-Id' }),
    }),
  })
  .meta({ id: 'Error' })

/** What the operation's rung, its method and its declaration let it answer, by status. */
export function errorResponses(operation: Operation): ZodOpenApiResponsesObject {
  const byStatus = Map.groupBy(errorsOf(operation), (code) => errorCatalogue[code].status)
  const sorted = [...byStatus].toSorted(([a], [b]) => a - b)
  return Object.fromEntries(sorted.map(([status, codesOfStatus]) => [status, responseOf(codesOfStatus)]))
}

function errorsOf({ name, method, meta }: Operation): ErrorCode[] {
  const isRead = method === 'GET'
  const common = commonErrors.filter((code) => code !== 'CSRF' || !isRead)
  const ofBody: ErrorCode[] = isRead ? [] : ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']
  const ofRung: ErrorCode[] = meta.access === 'verified' ? ['EMAIL_NOT_VERIFIED'] : []
  return [...new Set([...common, ...ofBody, ...ofRung, ...declaredErrors(name)])]
}

function responseOf(group: ErrorCode[]): ZodOpenApiResponseObject {
  const isInFlight = group.includes('IDEMPOTENCY_IN_FLIGHT')
  const headers = isInFlight ? waitHeaders : headersByStatus[errorCatalogue[group[0] ?? 'INTERNAL'].status]
  return {
    description: group.map((code) => `\`${code}\`: ${errorCatalogue[code].message}`).join('\n\n'),
    ...(headers ? { headers } : {}),
    content: {
      'application/json': { schema: errorSchema, examples: Object.fromEntries(group.map(exampleOf)) },
    },
  }
}

const waitHeaders = {
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' as const, minimum: 1 } },
}

const challengeHeaders = {
  'WWW-Authenticate': { description: 'How to say who asks', schema: { type: 'string' as const } },
}

const headersByStatus: Partial<Record<number, ZodOpenApiResponseObject['headers']>> = {
  401: challengeHeaders,
  429: waitHeaders,
  503: waitHeaders,
}

const exampleDetails: Partial<Record<ErrorCode, object>> = {
  VALIDATION_ERROR: { fields: { email: ['Invalid email address'] } },
  EMAIL_TAKEN: { field: 'email' },
  USERNAME_TAKEN: { field: 'username' },
  VERSION_CONFLICT: { currentVersion: 3 },
  IDEMPOTENCY_IN_FLIGHT: { retryAfterSeconds: 1 },
  RATE_LIMITED: { retryAfterSeconds: 30 },
  UNAVAILABLE: { retryAfterSeconds: 2 },
}

function exampleOf(code: ErrorCode) {
  const { message } = errorCatalogue[code]
  const error = {
    code,
    message,
    details: exampleDetails[code] ?? {},
    requestId: '4b3f0a52-7d0e-4c55-9d3c-1b2f7a1e6c90',
  }
  return [code, { value: { error } }] as const
}

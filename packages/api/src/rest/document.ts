import * as z from 'zod'
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiRequestBodyObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi'
import { sessionCookieName } from '../features/auth/session-cookie.ts'
import { errorResponses } from './errors.ts'
import type { Operation } from './operations.ts'

/** The OpenAPI 3.1 document of the operations. The same for every installation: its server is relative. */
export function openApiDocument(operations: Operation[]) {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Tenon',
      version: '1',
      description: introduction,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api/v1' }],
    tags: tagsOf(operations),
    paths: pathsOf(operations),
    components: { securitySchemes },
  })
}

const introduction = `Every failure has one shape, \`Error\`; its \`code\` is stable. Times are ISO 8601, ids UUIDs.
Lists answer \`{items, nextCursor}\`: ask again with \`cursor\` until it is null.
Operations that take an \`Idempotency-Key\` can be sent again with it until they are answered: they are done once, and for 24
hours the first answer is given again. Elsewhere the header is ignored.`

const securitySchemes = {
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: sessionCookieName,
    description: 'Set by signing in; for pages of this site',
  },
  bearer: { type: 'http', scheme: 'bearer', description: 'A session token or an access token' },
} as const

const tagOf = ({ name }: Operation) => name.slice(0, name.indexOf('.'))

function tagsOf(operations: Operation[]) {
  return [...new Set(operations.map(tagOf))].map((name) => ({
    name,
    description: tagDescriptions[name] ?? `Operations of ${name}`,
  }))
}

/** By feature. One that is not here, or here no more, is described by its name. */
const tagDescriptions: Partial<Record<string, string>> = {
  users: 'People and their profiles',
  auth: 'Signing in, sessions, tokens, passwords',
  posts: 'Posts and drafts',
  notifications: 'What people are told of, and how',
  live: 'What happens, as it happens',
  admin: 'What the staff may do, each by its permission',
}

function pathsOf(operations: Operation[]): ZodOpenApiPathsObject {
  const byPath = Map.groupBy(operations, ({ path }) => path)
  return Object.fromEntries(
    [...byPath].map(([path, group]) => [
      path,
      Object.fromEntries(group.map((operation) => [operation.method.toLowerCase(), describe(operation)])),
    ]),
  )
}

function describe(operation: Operation): ZodOpenApiOperationObject {
  const { name, meta, status } = operation
  return {
    operationId: name,
    tags: [tagOf(operation)],
    summary: meta.summary ?? name,
    ...descriptionOf(operation),
    security: securityOf(operation),
    ...requestOf(operation),
    responses: { [status]: successOf(operation), ...errorResponses(operation) },
  }
}

function descriptionOf({ meta: { description, access, permission, isRecent } }: Operation) {
  const needs = permission ? `Needs the permission \`${permission}\`.` : undefined
  const recent = access === 'recent' || isRecent ? 'Needs a sign-in of the last 10 minutes.' : undefined
  const sentences = [description, needs, recent].filter((sentence) => sentence !== undefined)
  return sentences.length > 0 ? { description: sentences.join(' ') } : {}
}

/** Reading something public tells more to those who say who they are; an empty requirement makes that optional. */
function securityOf({ meta, method }: Operation) {
  if (meta.access !== 'public') return [{ session: [] }, { bearer: [] }]
  return method === 'GET' ? [{}, { session: [] }, { bearer: [] }] : []
}

function requestOf(operation: Operation): Pick<ZodOpenApiOperationObject, 'requestParams' | 'requestBody'> {
  const { shape, pathParameters, method, type } = operation
  const entries = Object.entries(shape ?? {})
  const inPath = entries.filter(([key]) => pathParameters.includes(key))
  const others = entries.filter(([key]) => !pathParameters.includes(key))
  const hasBody = method !== 'GET' && (others.length > 0 || (operation.input && !shape))
  return {
    requestParams: {
      ...(operation.meta.idempotent ? { header: keyHeader } : {}),
      ...(type === 'subscription' ? { header: resumeHeader } : {}),
      ...(inPath.length > 0 ? { path: z.object(Object.fromEntries(inPath)) } : {}),
      ...(method === 'GET' && others.length > 0 ? { query: z.object(Object.fromEntries(others)) } : {}),
    },
    ...(hasBody ? { requestBody: bodyOf(operation, others) } : {}),
  }
}

const keyHeader = z.object({
  'Idempotency-Key': z.string().min(1).max(255).optional().meta({
    description:
      'Made anew for each thing that is to happen once, a UUID say, and sent again with each repeat of it. Without a sign-in at least 22 random characters.',
    example: '8e03978e-40d5-43dd-bc93-6f894a57f9f1',
  }),
})

const resumeHeader = z.object({
  'Last-Event-ID': z.string().optional().meta({
    description: 'As `lastEventId`, and before it: browsers send it by themselves when they come back',
  }),
})

function bodyOf(
  { input, pathParameters }: Operation,
  fields: [string, z.ZodType][],
): ZodOpenApiRequestBodyObject {
  const isWhole = input && pathParameters.length === 0
  const schema = isWhole ? input : z.strictObject(Object.fromEntries(fields)).meta({ ...nameOf(input) })
  return { required: true, content: { 'application/json': { schema } } }
}

/** What is left of a named input without the path's part goes by its name. */
const nameOf = (input: z.ZodType | undefined) => (input?.meta()?.id ? { id: input.meta()?.id } : {})

function successOf(operation: Operation): ZodOpenApiResponseObject {
  const { status, output, meta, type } = operation
  if (type === 'subscription') return streamOf(operation)
  const ofAnswer = {
    ...(meta.location ? locationHeaders : {}),
    ...(meta.idempotent ? replayedHeaders : {}),
  }
  const headers = Object.keys(ofAnswer).length > 0 ? { headers: ofAnswer } : {}
  if (status === 204) return { description: 'Done', ...headers }
  return {
    description: status === 201 ? 'Created' : status === 202 ? 'Accepted' : 'Success',
    ...headers,
    content: { 'application/json': { schema: output } },
  }
}

/** OpenAPI 3.1 has no word for a stream: the schema is that of each event's `data`. */
function streamOf({ output }: Operation): ZodOpenApiResponseObject {
  return {
    description:
      'Server-sent events, until the connection ends: `event` is the topic, `data` as described here',
    content: { 'text/event-stream': { schema: output } },
  }
}

const locationHeaders = {
  Location: { description: 'Where it can be read', schema: { type: 'string' as const } },
}

const replayedHeaders = {
  'Idempotent-Replayed': {
    description: 'It is the first answer to the same key, and nothing was done',
    schema: { type: 'string' as const, const: 'true' },
  },
}

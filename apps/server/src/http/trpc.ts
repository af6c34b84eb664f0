import { appRouter, fail, toFailure, type Context, type Deps } from '@tenon/api'
import { incomingMessageToRequest, type NodeHTTPRequest } from '@trpc/server/adapters/node-http'
import { resolveResponse } from '@trpc/server/http'
import type { AnyTRPCRouter, TRPCError } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { contextOf } from './context.ts'
import { retryHeaders } from './failures.ts'
import { acceptOnlyJson, isJson, parseJson } from './json.ts'
import { refuseOtherMethods } from './methods.ts'
import { markAsStream } from './streams.ts'

const maxBatchSize = 10

/** tRPC's own resolver on fastify; its fastify plugin would accept forms, and bodies of any size with them. */
export function serveTrpc(app: FastifyInstance, deps: Deps): void {
  // tRPC parses it again; here it was made sure that nobody acts on a body that can't be read.
  acceptOnlyJson(app, (text) => text)
  app.addHook('onRequest', async ({ headers }) => {
    const type = headers['content-type']
    if (type !== undefined && !isJson(type)) throw fail('UNSUPPORTED_MEDIA_TYPE')
  })
  app.route<{ Params: { path: string }; Querystring: { input?: string | string[] } }>({
    method: ['GET', 'HEAD', 'POST'],
    url: '/:path',
    handler: (request, reply) => {
      for (const input of [request.query.input ?? []].flat()) parseJson(input)
      refuseSharedKey(request)
      return answer(deps, request, reply, request.params.path)
    },
  })
  refuseOtherMethods(app, '/:path', ['GET', 'HEAD', 'POST'], (request) =>
    methodsOf((request.params as { path: string }).path),
  )
}

/** A key is one call's; of those of a batch it would be anybody's guess whose. */
function refuseSharedKey({ method, headers, params }: FastifyRequest<{ Params: { path: string } }>): void {
  if (method !== 'POST' || headers['idempotency-key'] === undefined || !params.path.includes(',')) return
  throw fail('VALIDATION_ERROR', { fields: { 'Idempotency-Key': ['Is for a call that is sent alone'] } })
}

/** Undefined for a procedure that there is not. */
function methodsOf(path: string): string | undefined {
  const { procedures }: AnyTRPCRouter['_def'] = appRouter._def
  const [name = ''] = path.split(',')
  if (!Object.hasOwn(procedures, name)) return undefined
  return procedures[name]?._def.type === 'mutation' ? 'POST' : 'GET, HEAD'
}

async function answer(
  deps: Deps,
  request: FastifyRequest<{ Params: { path: string } }>,
  reply: FastifyReply,
  path: string,
): Promise<FastifyReply> {
  let context: Context | undefined
  let failed: TRPCError | undefined
  const response = await resolveResponse({
    router: appRouter,
    req: toFetchRequest(request, reply),
    path,
    error: null,
    maxBatchSize,
    createContext: async () => (context = await contextOf(deps, request, reply)),
    responseMeta: ({ errors }) => ({ headers: longestWait(errors) }),
    onError: ({ error, ctx }) => {
      failed ??= error
      // With a context it was a procedure's, which logs its own.
      if (!ctx && toFailure(error).status >= 500)
        request.log.error({ err: error.cause ?? error }, 'request failed')
    },
  })
  if (isStream(response)) return sendStream(response, failed, request, reply)
  const text = await response.text()
  copyHead(response, reply)
  if (response.status === 405) reply.header('allow', methodsOf(path))
  // Without a context, the error formatter could not know the request.
  return reply.send(context ? text : text.replaceAll('"requestId":""', `"requestId":"${request.id}"`))
}

const isStream = ({ headers }: Response) => headers.get('content-type') === 'text/event-stream'

/** tRPC would begin a stream to tell in it why there is none; it is told as everywhere else. */
function sendStream(
  { body }: Response,
  failed: TRPCError | undefined,
  request: FastifyRequest<{ Params: { path: string } }>,
  reply: FastifyReply,
): FastifyReply {
  if (!body || failed || request.method === 'HEAD') void body?.cancel()
  if (failed?.code === 'METHOD_NOT_SUPPORTED') reply.header('allow', methodsOf(request.params.path))
  if (failed) throw failed
  return markAsStream(reply).send(request.method === 'HEAD' ? '' : body)
}

/** HEAD is a GET whose body nobody reads; tRPC would answer it without calling anything. */
function toFetchRequest(request: FastifyRequest, reply: FastifyReply): Request {
  const raw: NodeHTTPRequest = request.raw
  // A call without an input has no body, but tRPC would read one when somebody asks for it.
  raw.body = request.body ?? (request.method === 'POST' ? 'null' : '')
  const whole = incomingMessageToRequest(raw, reply.raw, { maxBodySize: null })
  const asked = request.method === 'HEAD' ? new Request(whole, { method: 'GET' }) : whole
  // An answer line by line sends its headers first, and procedures set cookies.
  for (const name of ['trpc-accept', 'accept']) asked.headers.delete(name)
  return asked
}

/** By hand, as tRPC leaves the type out at times, and its Vary would take the place of the one for origins. */
function copyHead({ status, headers }: Response, reply: FastifyReply): void {
  const vary = [reply.getHeader('vary'), headers.get('vary')].filter(Boolean).join(', ')
  reply.code(status).headers({ ...Object.fromEntries(headers), vary })
  reply.type('application/json; charset=utf-8')
}

function longestWait(errors: TRPCError[]): Record<string, string> {
  const waits = errors.map((error) => retryHeaders(toFailure(error)))
  return waits.toSorted((a, b) => Number(b['retry-after'] ?? 0) - Number(a['retry-after'] ?? 0))[0] ?? {}
}

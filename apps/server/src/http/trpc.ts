import { appRouter, fail, toFailure, type Context, type Deps } from '@tenon/api'
import { incomingMessageToRequest, type NodeHTTPRequest } from '@trpc/server/adapters/node-http'
import { resolveResponse } from '@trpc/server/http'
import type { TRPCError } from '@trpc/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { contextOf } from './context.ts'
import { retryHeaders } from './failures.ts'
import { acceptOnlyJson, parseJson } from './json.ts'

const maxBatchSize = 10

/** tRPC's own resolver on fastify; its fastify plugin would accept forms, and bodies of any size with them. */
export function serveTrpc(app: FastifyInstance, deps: Deps): void {
  // tRPC parses it again; here it was made sure that nobody acts on a body that can't be read.
  acceptOnlyJson(app, (text) => text)
  app.addHook('onRequest', async ({ headers }) => {
    const type = headers['content-type']
    if (type !== undefined && !/^application\/json\s*(;|$)/i.test(type)) throw fail('UNSUPPORTED_MEDIA_TYPE')
  })
  app.route<{ Params: { path: string }; Querystring: { input?: string | string[] } }>({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/:path',
    handler: (request, reply) => {
      for (const input of [request.query.input ?? []].flat()) parseJson(input)
      return answer(deps, request, reply, request.params.path)
    },
  })
}

async function answer(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
): Promise<Response> {
  let context: Context | undefined
  const response = await resolveResponse({
    router: appRouter,
    req: toFetchRequest(request, reply),
    path,
    error: null,
    maxBatchSize,
    createContext: async () => (context = await contextOf(deps, request, reply)),
    responseMeta: ({ errors }) => ({ headers: longestWait(errors) }),
    onError: ({ error, ctx }) => {
      // With a context it was a procedure's, which logs its own.
      if (!ctx && toFailure(error).status >= 500)
        request.log.error({ err: error.cause ?? error }, 'request failed')
    },
  })
  return context ? response : withRequestId(response, request.id)
}

function toFetchRequest(request: FastifyRequest, reply: FastifyReply): Request {
  const raw: NodeHTTPRequest = request.raw
  raw.body = request.body ?? ''
  return incomingMessageToRequest(raw, reply.raw, { maxBodySize: null })
}

function longestWait(errors: TRPCError[]): Record<string, string> {
  const waits = errors.map((error) => retryHeaders(toFailure(error)))
  return waits.toSorted((a, b) => Number(b['retry-after'] ?? 0) - Number(a['retry-after'] ?? 0))[0] ?? {}
}

/** Without a context, the error formatter could not know the request. The answer may be an error, a list or lines. */
async function withRequestId(response: Response, requestId: string): Promise<Response> {
  const text = await response.text()
  const named = text.replaceAll('"requestId":""', `"requestId":"${requestId}"`)
  return new Response(named, { status: response.status, headers: response.headers })
}

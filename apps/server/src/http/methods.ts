import { fail } from '@tenon/api'
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify'

// HTTP's own; any other, WebDAV's say, finds nothing here.
const all: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

/** At an address that there is, another method is a 405 that tells which there are; where it tells none, a 404. */
export function refuseOtherMethods(
  app: FastifyInstance,
  url: string,
  known: HTTPMethods[],
  allowed: (request: FastifyRequest) => string | undefined = () => known.join(', '),
): void {
  app.route({
    method: all.filter((method) => !known.includes(method)),
    url,
    // Before anything of the body is read.
    onRequest: async (request, reply) => {
      const allow = allowed(request)
      if (!allow) throw fail('NOT_FOUND')
      reply.header('allow', allow)
      throw fail('METHOD_NOT_ALLOWED')
    },
    handler: () => {},
  })
}

/** Does so for every address that `serve` adds. */
export async function serveOnly(
  app: FastifyInstance,
  serve: (scope: FastifyInstance) => void,
): Promise<void> {
  const known = new Map<string, HTTPMethods[]>()
  await app.register(async (scope) => {
    scope.addHook('onRoute', ({ url, method }) => {
      known.set(url, [...new Set([known.get(url) ?? [], method as HTTPMethods | HTTPMethods[]].flat())])
    })
    serve(scope)
  })
  for (const [url, methods] of known) refuseOtherMethods(app, url, methods)
}

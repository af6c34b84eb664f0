import { randomUUID } from 'node:crypto'
import { fail } from '@tenon/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { trackRequests } from './client-errors.ts'
import { unreadable } from './failures.ts'

export const maxUrlLength = 8_192

/** What happens to every request, whatever it asks for. */
export function watchRequests(
  app: FastifyInstance,
  headers: Record<string, string>,
  isDraining: () => boolean,
): void {
  trackRequests(app)
  app.addHook('onRequest', async (request, reply) => {
    prepare(request, reply, headers)
    if (request.url.length > maxUrlLength) throw fail('URI_TOO_LONG')
    if (!hasGoodHost(request)) throw unreadable('The Host is not valid')
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isDraining()) reply.header('connection', 'close')
  })
  app.addHook('onResponse', logAnswer)
  // Node would answer an unknown Expect by itself.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
}

/** Headers of every answer; a route may say otherwise afterwards. */
export function prepare(request: FastifyRequest, reply: FastifyReply, headers: Record<string, string>): void {
  reply.headers({ ...headers, 'x-request-id': request.id, 'cache-control': 'no-store' })
}

/** A request names itself only with what a log and a header can hold. */
export function requestIdOf({ headers }: { headers: Record<string, string | string[] | undefined> }): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.:-]{8,128}$/.test(given) ? given : randomUUID()
}

/** Of two Hosts, a proxy may have gone by one and Node by the other. */
function hasGoodHost({ headers: { host = '' }, raw }: FastifyRequest): boolean {
  if ((raw.headersDistinct.host ?? []).length > 1) return false
  return /^([\w.~-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(host) || (host === '' && raw.httpVersion === '1.0')
}

/** The path without its query, which may hold what is nobody's business. */
async function logAnswer({ log, method, url }: FastifyRequest, { statusCode, elapsedTime }: FastifyReply) {
  const ms = Math.round(elapsedTime * 10) / 10
  log.info({ method, path: url.split('?', 1)[0], status: statusCode, ms }, 'answered')
}

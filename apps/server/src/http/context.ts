import { createContext, type Context, type Deps } from '@tenon/api'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** @throws UNAUTHORIZED for a bad bearer */
export function contextOf(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<Context> {
  const { id, ip, headers, mayUseCookies } = request
  const { authorization, cookie, 'user-agent': userAgent } = headers
  // Node joins what came several times; that is no key then.
  const idempotencyKey = headers['idempotency-key']?.toString()
  const incoming = {
    id,
    ip,
    userAgent,
    authorization,
    cookie: mayUseCookies ? cookie : undefined,
    mayUseCookies,
    idempotencyKey,
  }
  return createContext(deps, incoming, {
    setCookie: (value) => setCookie(reply, value),
    cut: () => void reply.raw.destroy(),
    markReplayed: () => void reply.header('idempotent-replayed', 'true'),
  })
}

function setCookie(reply: FastifyReply, value: string): void {
  if (reply.raw.headersSent) throw new Error('a cookie was to be set in a stream, behind the headers')
  reply.header('set-cookie', value)
}

import { createContext, type Context, type Deps } from '@tenon/api'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** @throws UNAUTHORIZED for a bad bearer */
export function contextOf(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<Context> {
  const { id, ip, headers, mayUseCookies } = request
  const { authorization, cookie, 'user-agent': userAgent } = headers
  const incoming = {
    id,
    ip,
    userAgent,
    authorization,
    cookie: mayUseCookies ? cookie : undefined,
    mayUseCookies,
  }
  return createContext(deps, incoming, { setCookie: (value) => setCookie(reply, value) })
}

function setCookie(reply: FastifyReply, value: string): void {
  if (reply.raw.headersSent) throw new Error('a cookie was to be set in a stream, behind the headers')
  reply.header('set-cookie', value)
}

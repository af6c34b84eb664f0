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
  return createContext(deps, incoming, { setCookie: (value) => void reply.header('set-cookie', value) })
}

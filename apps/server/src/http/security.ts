import cors from '@fastify/cors'
import { fail, readSessionCookie } from '@tenon/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isLoopbackName, loopbackNames } from '../loopback.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** False for a page of another origin. */
    mayUseCookies: boolean
  }
}

export interface Origins {
  /** Of this site's own pages. */
  isOwn(origin: string): boolean
  /** Of other sites whose pages may call with a bearer token. */
  isAllowed(origin: string): boolean
}

/** In development the names of this machine are one, as people type any of them. */
export function createOrigins(publicUrl: string, allowed: readonly string[], isProduction: boolean): Origins {
  const { protocol, hostname, port, origin } = new URL(publicUrl)
  const isLocal = !isProduction && isLoopbackName(hostname)
  const own = isLocal ? loopbackNames.map((name) => `${protocol}//${name}${port && `:${port}`}`) : [origin]
  return { isOwn: (given) => own.includes(given), isAllowed: (given) => allowed.includes(given) }
}

/** For the routes that are called, not for pages: cross-origin reads by the list, and the check against forged calls. */
export async function guardOrigins(app: FastifyInstance, origins: Origins): Promise<void> {
  await app.register(cors, {
    origin: (origin, callback) => callback(null, origin !== undefined && origins.isAllowed(origin)),
    credentials: false,
    strictPreflight: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'X-Request-Id',
      'trpc-accept',
      'Last-Event-Id',
      'Idempotency-Key',
    ],
    exposedHeaders: ['X-Request-Id', 'Retry-After', 'Location', 'Idempotent-Replayed'],
    maxAge: 600,
  })
  app.addHook('onRequest', async (request) => {
    request.mayUseCookies = mayUseCookies(request, origins)
    if (!isSafe(request.method) && isForged(request, origins)) throw fail('CSRF')
  })
}

const isSafe = (method: string) => ['GET', 'HEAD', 'OPTIONS'].includes(method)

function mayUseCookies({ headers }: FastifyRequest, origins: Origins): boolean {
  if (headers.origin !== undefined) return origins.isOwn(headers.origin)
  const site = headers['sec-fetch-site']
  return site === undefined || site === 'same-origin' || site === 'none'
}

/**
 * A browser adds the session cookie to a call whoever wrote the page, but states the page's origin, which the page can't
 * change. A bearer token is only in the hands of who was given it.
 */
function isForged({ headers }: FastifyRequest, origins: Origins): boolean {
  const { origin, authorization, cookie } = headers
  if (authorization !== undefined) return false
  if (origin !== undefined && origins.isOwn(origin)) return false
  const hasSession = readSessionCookie(cookie) !== undefined
  if (origin === undefined) return hasSession && headers['sec-fetch-site'] !== 'same-origin'
  return hasSession || !origins.isAllowed(origin)
}

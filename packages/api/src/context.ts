import type { Deps } from './deps.ts'
import { authenticate } from './features/auth/authenticate.ts'
import type { Principal } from './features/auth/principal.ts'

/** What the transport knows of a request. */
export interface IncomingRequest {
  id: string
  /** The peer's address, behind trusted proxies the client's. */
  ip: string
  userAgent: string | undefined
  authorization: string | undefined
  cookie: string | undefined
  /** False for a page of another origin: it may call with a bearer token, but is never given a cookie. */
  mayUseCookies: boolean
  /** By which a repeat of a mutation is known: `trpc.ts` says of which. */
  idempotencyKey?: string | undefined
}

/** What a procedure may add to the answer. */
export interface OutgoingHeaders {
  setCookie(cookie: string): void
  /** Ends the connection under a stream that nobody reads. */
  cut?: () => void
  /** It is the first answer to the same key, and nothing was done. */
  markReplayed?(): void
}

export interface Context extends Deps {
  request: IncomingRequest
  response: OutgoingHeaders
  /** Who asks; null is nobody. */
  principal: Principal | null
}

export interface UserContext extends Context {
  principal: Principal
}

/**
 * One per HTTP request, shared by the calls of a batch.
 * @throws UNAUTHORIZED when `Authorization` is there and not good.
 */
export async function createContext(
  deps: Deps,
  request: IncomingRequest,
  response: OutgoingHeaders,
): Promise<Context> {
  return { ...deps, request, response, principal: await authenticate(deps, request) }
}

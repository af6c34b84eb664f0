import type { IncomingRequest } from '../../context.ts'
import type { Deps } from '../../deps.ts'
import { fail } from '../../errors.ts'
import { sourceOf } from '../../limits.ts'
import { principalOfAccessToken } from './access-tokens.ts'
import type { Principal } from './principal.ts'
import { readSessionCookie } from './session-cookie.ts'
import { principalOfToken } from './sessions.ts'

/**
 * With `Authorization` present the cookie is ignored, and a bad bearer is refused rather than taken for nobody.
 * A cookie that leads nowhere is nobody. Guesses count against the limit of their source.
 * @throws UNAUTHORIZED, RATE_LIMITED
 */
export async function authenticate(deps: Deps, request: IncomingRequest): Promise<Principal | null> {
  if (request.authorization !== undefined) return authenticateBearer(deps, request, request.authorization)
  const token = readSessionCookie(request.cookie)
  return token === undefined ? null : principalOfToken(deps.db, token)
}

async function authenticateBearer(
  deps: Deps,
  { ip }: IncomingRequest,
  authorization: string,
): Promise<Principal> {
  const token = /^Bearer ([\w.~+/=-]{1,4096})$/i.exec(authorization)?.[1]
  const principal = token && (await principalOf(deps, token))
  if (principal) return principal
  await deps.limits.consume('general', `source:${sourceOf(ip)}`)
  throw fail('UNAUTHORIZED', {}, 'The bearer token is not valid.')
}

const principalOf = (deps: Deps, token: string) =>
  token.includes('.') ? principalOfAccessToken(deps, token) : principalOfToken(deps.db, token)

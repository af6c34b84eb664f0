import type { IncomingRequest } from '../../context.ts'
import type { Deps } from '../../deps.ts'
import { fail } from '../../errors.ts'
import { principalOfAccessToken } from './access-tokens.ts'
import type { Principal } from './principal.ts'
import { readSessionCookie } from './session-cookie.ts'
import { principalOfToken } from './sessions.ts'

/**
 * With `Authorization` present the cookie is ignored, and a bad bearer is refused rather than taken for nobody.
 * A cookie that leads nowhere is nobody.
 * @throws UNAUTHORIZED
 */
export async function authenticate(deps: Deps, request: IncomingRequest): Promise<Principal | null> {
  if (request.authorization !== undefined) return authenticateBearer(deps, request.authorization)
  const token = readSessionCookie(request.cookie)
  return token === undefined ? null : principalOfToken(deps.db, token)
}

async function authenticateBearer(deps: Deps, authorization: string): Promise<Principal> {
  const token = /^Bearer ([\w.~+/=-]{1,4096})$/i.exec(authorization)?.[1]
  const principal = token && (await principalOf(deps, token))
  if (!principal) throw fail('UNAUTHORIZED', {}, 'The bearer token is not valid.')
  return principal
}

const principalOf = (deps: Deps, token: string) =>
  token.includes('.') ? principalOfAccessToken(deps, token) : principalOfToken(deps.db, token)

import { jwtVerify, SignJWT } from 'jose'
import * as z from 'zod'
import type { UserContext } from '../../context.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { toUser } from './account.ts'
import { selectSession, toSessionAndAccount } from './lucia-adapter.ts'
import type { Principal } from './principal.ts'
import { currentKey, findPublicKey } from './signing-keys.ts'

const expiresInSeconds = 15 * 60

/** For services that check by `/.well-known/jwks.json` alone. */
export async function createAccessToken(ctx: UserContext) {
  const { principal, settings } = ctx
  const key = await currentKey(ctx)
  const accessToken = await new SignJWT({ sid: principal.session.id })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.id, typ: 'JWT' })
    .setIssuer(settings.publicUrl)
    .setAudience(settings.publicUrl)
    .setSubject(principal.user.id)
    .setIssuedAt()
    .setExpirationTime(`${expiresInSeconds} seconds`)
    .setJti(newId())
    .sign(key.privateKey)
  return { accessToken, tokenType: 'Bearer' as const, expiresInSeconds }
}

const claims = z.object({ sub: z.uuid(), sid: z.uuid(), exp: z.int() })

/** Reads the session that the token names, so that revoking it holds on the next request. */
export async function principalOfAccessToken(
  { db, settings }: Deps,
  token: string,
): Promise<Principal | null> {
  const named = await verifiedClaims({ db, settings }, token)
  if (!named) return null
  const row = await selectSession(db)
    .where('sessions.id', '=', named.sid)
    .where('users.id', '=', named.sub)
    .executeTakeFirst()
  if (!row) return null
  const { record, account } = toSessionAndAccount(row)
  const expiresAt = new Date(named.exp * 1000)
  return { user: toUser(account), session: record, via: 'accessToken', expiresAt }
}

async function verifiedClaims({ db, settings }: Pick<Deps, 'db' | 'settings'>, token: string) {
  const keyOf = async ({ kid }: { kid?: string | undefined }) => {
    const key = z.uuid().safeParse(kid).success && kid ? await findPublicKey(db, kid) : undefined
    if (!key) throw new UnknownKey()
    return key
  }
  const { publicUrl } = settings
  try {
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms: ['EdDSA'],
      typ: 'JWT',
      issuer: publicUrl,
      audience: publicUrl,
    })
    return claims.safeParse(payload).data
  } catch (error) {
    if (error instanceof UnknownKey || isJoseError(error)) return undefined
    throw error
  }
}

class UnknownKey extends Error {}

const isJoseError = (error: unknown) => String((error as { code?: unknown }).code).startsWith('ERR_J')

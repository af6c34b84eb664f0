import type { Context, UserContext } from '../../context.ts'
import { inTransaction } from '../../db.ts'
import { sourceOf } from '../../limits.ts'
import { issueMailToken, redeemMailToken } from './mail-tokens.ts'
import { markEmailVerified } from './queries.ts'

export function verifyEmail({ db }: Context, token: string): Promise<null> {
  return inTransaction(db, async (trx) => {
    await markEmailVerified(trx, await redeemMailToken(trx, 'verify', token))
    return null
  })
}

/** A verified address has nothing to confirm; then no mail goes out. */
export async function resendVerification({ db, limits, principal, request, settings }: UserContext) {
  const { email, emailVerified } = principal.user
  await limits.consume('mailRequest', sourceOf(request.ip))
  if (!emailVerified) await inTransaction(db, (trx) => issueMailToken(trx, settings, 'verify', email))
  return { ok: true as const }
}

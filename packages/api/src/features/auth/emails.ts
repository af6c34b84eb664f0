import { record } from '../../audit/record.ts'
import type { Context, UserContext } from '../../context.ts'
import { inTransaction } from '../../db.ts'
import { sourceOf } from '../../limits.ts'
import { deleteMailTokensOf } from './mail-token-queries.ts'
import { issueMailToken, redeemMailToken } from './mail-tokens.ts'
import { markEmailVerified } from './queries.ts'

export function verifyEmail(ctx: Context, token: string): Promise<null> {
  return inTransaction(ctx.db, async (trx) => {
    const { userId } = await redeemMailToken(trx, 'verify', token)
    await markEmailVerified(trx, userId)
    // Asked for while nobody had confirmed the address, so that it was offered no undo.
    await deleteMailTokensOf(trx, userId, ['change'])
    await record(trx, ctx, { action: 'email.verified', actorId: userId, subjectId: userId })
    return null
  })
}

/** A verified address has nothing to confirm; then no mail goes out. */
export async function resendVerification(ctx: UserContext) {
  const { db, limits, principal, request, settings } = ctx
  const { id: subjectId, email, emailVerified } = principal.user
  await limits.consume('mailRequest', sourceOf(request.ip))
  if (emailVerified) return { ok: true as const }
  await inTransaction(db, async (trx) => {
    await issueMailToken(trx, settings, 'verify', email)
    await record(trx, ctx, { action: 'email.verification-requested', subjectId })
  })
  return { ok: true as const }
}

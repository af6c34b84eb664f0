import type { z } from 'zod'
import type { Context, UserContext } from '../../context.ts'
import { inTransaction } from '../../db.ts'
import { fail } from '../../errors.ts'
import { sourceOf } from '../../limits.ts'
import type { changePassword as changeInput, resetPassword as resetInput } from './input.ts'
import { assertMailToken, issueMailToken, redeemMailToken } from './mail-tokens.ts'
import {
  deleteMailTokensOf,
  deleteOtherSessions,
  getPasswordHash,
  lockPassword,
  markEmailVerified,
  updatePasswordHash,
} from './queries.ts'
import { endSessionsOf } from './sessions.ts'
import { limitGuessing } from './sign-in.ts'

/** The answer and the work are the same for an address without an account. */
export async function requestPasswordReset({ db, limits, request, settings }: Context, email: string) {
  await limits.consume('mailRequest', sourceOf(request.ip))
  await inTransaction(db, (trx) => issueMailToken(trx, settings, 'reset', email))
  return { ok: true as const }
}

/** Ends every session. The link was mailed, so whoever used it holds the address: that verifies it too. */
export async function resetPassword(
  { db, hasher }: Context,
  { token, password }: z.output<typeof resetInput>,
) {
  await assertMailToken(db, 'reset', token)
  const passwordHash = await hasher.hash(password)
  return inTransaction(db, async (trx) => {
    const userId = await redeemMailToken(trx, 'reset', token)
    await updatePasswordHash(trx, userId, passwordHash)
    await markEmailVerified(trx, userId)
    await endSessionsOf(trx, userId)
    return null
  })
}

/** Ends the other sessions, and reset links that are on their way. */
export async function changePassword(ctx: UserContext, input: z.output<typeof changeInput>): Promise<null> {
  const { db, hasher, principal } = ctx
  const { user, session } = principal
  await limitGuessing(ctx, user.email)
  const currentHash = await getPasswordHash(db, user.id)
  if (!(await hasher.verify(currentHash, input.currentPassword))) throw wrongPassword()
  const passwordHash = await hasher.hash(input.newPassword)
  return inTransaction(db, async (trx) => {
    if (!(await lockPassword(trx, user.id, currentHash))) throw wrongPassword()
    await updatePasswordHash(trx, user.id, passwordHash)
    await deleteOtherSessions(trx, user.id, session.id)
    await deleteMailTokensOf(trx, user.id, 'reset')
    return null
  })
}

const wrongPassword = () => fail('INVALID_CREDENTIALS', {}, 'The current password is wrong.')

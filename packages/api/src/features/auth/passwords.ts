import type { Transaction } from 'kysely'
import type { z } from 'zod'
import { record, recordForAddress } from '../../audit/record.ts'
import type { Context, UserContext } from '../../context.ts'
import { inTransaction, type Database } from '../../db.ts'
import { sourceOf } from '../../limits.ts'
import type { changePassword as changeInput, resetPassword as resetInput } from './input.ts'
import { forgetDevices } from './device-queries.ts'
import { deleteMailTokensOf } from './mail-token-queries.ts'
import { getMailTokenOwner, issueMailToken, redeemMailToken } from './mail-tokens.ts'
import { giveNotice } from './notices.ts'
import { refuseWeakPassword } from './password-rules.ts'
import {
  deleteOtherSessions,
  lockAccount,
  lockAddress,
  markEmailVerified,
  updatePasswordHash,
} from './queries.ts'
import { verifyOwnPassword, wrongPassword } from './reauthenticate.ts'
import { renewOwnSession } from './own-sessions.ts'
import { sessionCookie } from './session-cookie.ts'
import { endSessionsOf } from './sessions.ts'

/** The answer and the work are the same for an address without an account, and for one that has had enough mails. */
export async function requestPasswordReset(ctx: Context, email: string) {
  const { db, limits, request, settings } = ctx
  await limits.consume('mailRequest', sourceOf(request.ip))
  const isWithin = await limits.isWithin('resetByAccount', email)
  await inTransaction(db, async (trx) => {
    // Only for an address with an account would several at once wait for each other.
    await lockAddress(trx, email)
    await issueMailToken(trx, settings, 'reset', email, { isMuted: !isWithin })
    const result = isWithin ? 'success' : 'failure'
    await recordForAddress(trx, ctx, email, { action: 'password.reset-requested', result })
  })
  return { ok: true as const }
}

/** Ends every session, and forgets every device. The link was mailed, so whoever used it holds the address: that verifies it too. */
export async function resetPassword(ctx: Context, { token, password }: z.output<typeof resetInput>) {
  const { db, hasher } = ctx
  hasher.refuseWhenFull()
  refuseWeakPassword(password, await getMailTokenOwner(db, 'reset', token))
  const passwordHash = await hasher.hash(password)
  return inTransaction(db, async (trx) => {
    const { userId } = await redeemMailToken(trx, 'reset', token)
    await setPassword(trx, userId, passwordHash)
    await markEmailVerified(trx, userId)
    await endSessionsOf(trx, userId)
    await forgetDevices(trx, userId)
    const own = { actorId: userId, subjectId: userId }
    const eventId = await record(trx, ctx, { action: 'password.reset', ...own })
    await giveNotice(trx, { eventId, userId, action: 'password.reset' })
    return null
  })
}

/** Ends the other sessions; in a browser this one goes on with a new token. */
export async function changePassword(ctx: UserContext, input: z.output<typeof changeInput>): Promise<null> {
  const { db, hasher, principal } = ctx
  const { user, session } = principal
  refuseWeakPassword(input.newPassword, user, 'newPassword')
  const currentHash = await verifyOwnPassword(ctx, input.currentPassword, 'password.changed')
  const passwordHash = await hasher.hash(input.newPassword)
  const token = await inTransaction(db, async (trx) => {
    if (!(await lockAccount(trx, user.id, currentHash))) throw wrongPassword()
    await setPassword(trx, user.id, passwordHash)
    await deleteOtherSessions(trx, user.id, session.id)
    const eventId = await record(trx, ctx, { action: 'password.changed', subjectId: user.id })
    await giveNotice(trx, { eventId, userId: user.id, action: 'password.changed' })
    return renewOwnSession(trx, ctx)
  })
  if (token) ctx.response.setCookie(sessionCookie(token))
  return null
}

/** Links that are on their way die: whoever knew the old password may have asked for them. */
async function setPassword(trx: Transaction<Database>, userId: string, passwordHash: string): Promise<void> {
  await updatePasswordHash(trx, userId, passwordHash)
  await deleteMailTokensOf(trx, userId, ['reset', 'change'])
}

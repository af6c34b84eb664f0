import type { Transaction } from 'kysely'
import { record } from '../../audit/record.ts'
import type { Context, UserContext } from '../../context.ts'
import { inTransaction, violatedUnique, type Database } from '../../db.ts'
import type { Settings } from '../../deps.ts'
import { fail } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import { sourceOf } from '../../limits.ts'
import { sha256, tokenFor } from '../../secrets.ts'
import { forgetDevices } from './device-queries.ts'
import {
  deleteEmailChange,
  deleteEmailChangesFrom,
  deleteEmailChangesSince,
  insertEmailChange,
  isEmailReserved,
  lockEmailChangeOwner,
  removePassword,
  updateEmail,
} from './email-queries.ts'
import { mailEmailChange } from './jobs.ts'
import { giveNotice } from './notices.ts'
import { deleteMailTokensOf } from './mail-token-queries.ts'
import { issueMailToken, redeemMailToken } from './mail-tokens.ts'
import { lockSession } from './queries.ts'
import { endSessionsOf } from './sessions.ts'

const undoDays = 7

/**
 * The new address is mailed a link to confirm it, the old one a link to undo it; until then nothing changes. The answer is
 * the same when the new address is taken: then nothing is mailed to it.
 */
export async function requestEmailChange(ctx: UserContext, email: string) {
  const { db, limits, principal, request, settings } = ctx
  const { id: subjectId, email: before, emailVerified } = principal.user
  await limits.consume('mailRequest', sourceOf(request.ip))
  await limits.consume('mailByPerson', subjectId)
  if (email === before) return { ok: true as const }
  const isMuted = !(await limits.isWithin('mailByAddress', email))
  await inTransaction(db, async (trx) => {
    // A reset or an undo came in between: it would not kill a link that is only made now.
    if (!(await lockSession(trx, subjectId, principal.session.id))) throw fail('UNAUTHORIZED')
    // Also when nothing is mailed now: the older link may have gone to a slip.
    await deleteMailTokensOf(trx, subjectId, ['change'])
    await issueMailToken(trx, settings, 'change', before, { newEmail: email, isMuted })
    // An address that nobody confirmed may be a stranger's, by a slip at the registration: it is given no way in.
    if (emailVerified)
      await offerUndo(trx, settings, { userId: subjectId, oldEmail: before, newEmail: email })
    await record(trx, ctx, { action: 'email.change-requested', subjectId, details: { before, after: email } })
  })
  return { ok: true as const }
}

/** Links to the old address die: it may be in other hands by now. */
export async function confirmEmailChange(ctx: Context, token: string): Promise<null> {
  const confirm = (trx: Transaction<Database>) => takeNewEmail(trx, ctx, token)
  return inTransaction(ctx.db, confirm).catch(refuseTaken)
}

async function takeNewEmail(trx: Transaction<Database>, ctx: Context, token: string): Promise<null> {
  const { userId, email: after, currentEmail: before } = await redeemMailToken(trx, 'change', token)
  if (after === null) throw fail('TOKEN_INVALID')
  await updateEmail(trx, userId, after)
  if (await isEmailReserved(trx, after, userId)) throw fail('TOKEN_INVALID')
  await deleteMailTokensOf(trx, userId, ['verify', 'reset'])
  // An owner who puts a thief's change right leaves the thief no way back.
  await deleteEmailChangesFrom(trx, userId, after)
  const own = { actorId: userId, subjectId: userId }
  await record(trx, ctx, { action: 'email.changed', ...own, details: { before, after } })
  return null
}

/**
 * Whoever asked for the change knew the password: so it is gone, every session ends, no device is known any more, and a
 * link to set a new password goes to the old address. Holds for 7 days, whether the change was confirmed or not, and whatever
 * changes came after it. The address that loses the account is told.
 */
export function undoEmailChange(ctx: Context, token: string): Promise<null> {
  const undo = async (trx: Transaction<Database>) => {
    const owner = await lockEmailChangeOwner(trx, sha256(token))
    const change = await deleteEmailChange(trx, sha256(token))
    if (!owner || !change) throw fail('TOKEN_INVALID')
    const { userId, oldEmail, createdAt } = change
    await deleteEmailChangesSince(trx, userId, createdAt)
    await updateEmail(trx, userId, oldEmail)
    await removePassword(trx, userId)
    await endSessionsOf(trx, userId)
    await forgetDevices(trx, userId)
    await deleteMailTokensOf(trx, userId, ['verify', 'reset', 'change'])
    await issueMailToken(trx, ctx.settings, 'reset', oldEmail)
    const own = { actorId: userId, subjectId: userId }
    const details = { before: owner.email, after: oldEmail }
    const eventId = await record(trx, ctx, { action: 'email.change-undone', ...own, details })
    if (owner.email !== oldEmail) await giveNotice(trx, { eventId, userId, action: 'email.change-undone' })
    return null
  }
  return inTransaction(ctx.db, undo).catch(refuseTaken)
}

async function offerUndo(
  trx: Transaction<Database>,
  settings: Settings,
  change: { userId: string; oldEmail: string; newEmail: string },
): Promise<void> {
  const id = newId()
  const undoTokenHash = sha256(tokenFor(settings.appSecrets[0], 'undo', id))
  const undoExpiresAt = new Date(Date.now() + undoDays * 24 * 60 * 60 * 1000)
  await insertEmailChange(trx, { id, ...change, undoTokenHash, undoExpiresAt })
  await enqueue(trx, mailEmailChange, { changeId: id })
}

/** Somebody was faster; that the address has an account by now is not told. */
function refuseTaken(error: unknown): never {
  throw violatedUnique(error) === 'users_email_key' ? fail('TOKEN_INVALID') : error
}

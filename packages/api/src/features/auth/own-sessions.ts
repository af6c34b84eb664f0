import type { Transaction } from 'kysely'
import { record, type AuditSource } from '../../audit/record.ts'
import type { UserContext } from '../../context.ts'
import { inTransaction, type Database } from '../../db.ts'
import { fail } from '../../errors.ts'
import { deleteOtherSessions, deleteSession, markAuthenticated } from './queries.ts'
import { readSessionCookie } from './session-cookie.ts'
import { replaceToken } from './sessions.ts'

/**
 * The password was given again: in a browser the session goes on with a new token, which is returned for its cookie, so
 * that one that was seen before is worth nothing now. A program keeps the token that it holds. Of two that ask at once
 * with one cookie the first is given a token, and the second none: whichever answer comes last, the browser's is good.
 * @throws UNAUTHORIZED when it has ended in the meantime
 */
export async function renewOwnSession(
  trx: Transaction<Database>,
  { principal, request }: UserContext,
): Promise<string | undefined> {
  const { id } = principal.session
  if (!(await markAuthenticated(trx, id))) throw fail('UNAUTHORIZED')
  const token = request.authorization === undefined ? readSessionCookie(request.cookie) : undefined
  return token === undefined ? undefined : replaceToken(trx, id, token)
}

/** Whether it was there, and theirs. */
export function endOwnSession(ctx: UserContext, sessionId: string): Promise<boolean> {
  const { user } = ctx.principal
  return inTransaction(ctx.db, (trx) => endSession(trx, ctx, { user, session: { id: sessionId } }))
}

/** Whether it was there, and theirs. */
export async function endSession(
  trx: Transaction<Database>,
  source: AuditSource,
  { user, session }: { user: { id: string }; session: { id: string } },
): Promise<boolean> {
  const [subjectId, sessionId] = [user.id, session.id]
  if ((await deleteSession(trx, subjectId, sessionId)) === 0) return false
  await record(trx, source, {
    action: 'session.ended',
    actorId: subjectId,
    subjectId,
    details: { sessionId },
  })
  return true
}

export function endOtherSessions(ctx: UserContext): Promise<{ revoked: number }> {
  const { user, session } = ctx.principal
  return inTransaction(ctx.db, async (trx) => {
    const revoked = await deleteOtherSessions(trx, user.id, session.id)
    if (revoked > 0)
      await record(trx, ctx, { action: 'session.others-ended', subjectId: user.id, details: { revoked } })
    return { revoked }
  })
}

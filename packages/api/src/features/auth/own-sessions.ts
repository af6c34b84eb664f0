import { record } from '../../audit/record.ts'
import type { UserContext } from '../../context.ts'
import { inTransaction } from '../../db.ts'
import { deleteOtherSessions, deleteSession } from './queries.ts'

/** Whether it was there, and theirs. */
export function endOwnSession(ctx: UserContext, sessionId: string): Promise<boolean> {
  const { id: subjectId } = ctx.principal.user
  return inTransaction(ctx.db, async (trx) => {
    if ((await deleteSession(trx, subjectId, sessionId)) === 0) return false
    await record(trx, ctx, { action: 'session.ended', subjectId, details: { sessionId } })
    return true
  })
}

export function endOtherSessions(ctx: UserContext): Promise<{ revoked: number }> {
  const { user, session } = ctx.principal
  return inTransaction(ctx.db, async (trx) => {
    const revoked = await deleteOtherSessions(trx, user.id, session.id)
    await record(trx, ctx, { action: 'session.others-ended', subjectId: user.id, details: { revoked } })
    return { revoked }
  })
}

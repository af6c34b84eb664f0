import { record, recordFailure } from '../../audit/record.ts'
import type { UserContext } from '../../context.ts'
import { inTransaction } from '../../db.ts'
import { fail } from '../../errors.ts'
import { renewOwnSession } from './own-sessions.ts'
import { recentUntil } from './principal.ts'
import { findPasswordHash, lockAccount } from './queries.ts'
import { sessionCookie } from './session-cookie.ts'
import { limitGuessing } from './sign-in.ts'

/** For 10 minutes from now the session satisfies what asks for a recent sign-in. */
export async function reauthenticate(ctx: UserContext, password: string) {
  const { user } = ctx.principal
  const passwordHash = await verifyOwnPassword(ctx, password, 'session.reauthenticated')
  const token = await inTransaction(ctx.db, async (trx) => {
    if (!(await lockAccount(trx, user.id, passwordHash))) throw wrongPassword()
    await record(trx, ctx, { action: 'session.reauthenticated', subjectId: user.id })
    return renewOwnSession(trx, ctx)
  })
  if (token) ctx.response.setCookie(sessionCookie(token))
  return { recentUntil: recentUntil(new Date()).toISOString() }
}

/** The hash that it was verified against. Guesses count like those at the sign-in. @throws INVALID_CREDENTIALS */
export async function verifyOwnPassword(
  ctx: UserContext,
  password: string,
  action: 'session.reauthenticated' | 'password.changed',
): Promise<string> {
  const { db, hasher, principal } = ctx
  const { id, email } = principal.user
  hasher.refuseWhenFull()
  await limitGuessing(ctx, email)
  const passwordHash = await findPasswordHash(db, id)
  const isRight = await hasher.verify(passwordHash, password)
  if (passwordHash !== undefined && isRight) return passwordHash
  await recordFailure(db, ctx, { action, subjectId: id, details: { reason: 'INVALID_CREDENTIALS' } })
  throw wrongPassword()
}

export const wrongPassword = () => fail('INVALID_CREDENTIALS', {}, 'The current password is wrong.')

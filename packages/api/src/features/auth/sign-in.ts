import type { z } from 'zod'
import type { Context, IncomingRequest, OutgoingHeaders, UserContext } from '../../context.ts'
import { inTransaction } from '../../db.ts'
import { fail } from '../../errors.ts'
import { sourceOf } from '../../limits.ts'
import { toUser } from './account.ts'
import type { signIn as signInInput } from './input.ts'
import { deleteSession, deleteSurplusSessions, findAccountWithPassword, lockPassword } from './queries.ts'
import { blankSessionCookie, sessionCookie } from './session-cookie.ts'
import { startSession, toSession } from './sessions.ts'

/** An unknown address and a wrong password are one answer, after the same work. */
export async function signIn(
  ctx: Context,
  { email, password, tokenInBody = false }: z.output<typeof signInInput>,
) {
  if (!tokenInBody && !ctx.request.mayUseCookies) throw fail('CSRF')
  await limitGuessing(ctx, email)
  const found = await findAccountWithPassword(ctx.db, email)
  const isRight = await ctx.hasher.verify(found?.passwordHash, password)
  if (!found || !isRight) throw fail('INVALID_CREDENTIALS')

  const { token, record } = await inTransaction(ctx.db, async (trx) => {
    if (!(await lockPassword(trx, found.id, found.passwordHash))) throw fail('INVALID_CREDENTIALS')
    const started = await startSession(trx, found.id, ctx.request)
    await deleteSurplusSessions(trx, found.id)
    return started
  })
  if (!tokenInBody) ctx.response.setCookie(sessionCookie(token))
  const session = { ...toSession(record, ctx), current: true }
  return { user: toUser(found), session, ...(tokenInBody ? { token } : {}) }
}

/** By account *and* source, so that nobody can lock another person out; and by source alone. */
export async function limitGuessing({ limits, request }: Context, email: string): Promise<void> {
  const source = sourceOf(request.ip)
  await limits.consume('signInBySource', source)
  await limits.consume('signInByAccount', `${email} ${source}`)
}

export async function signOut({ db, principal, request, response }: UserContext): Promise<null> {
  await deleteSession(db, principal.user.id, principal.session.id)
  forgetCookie(request, response)
  return null
}

/** Who asks with a bearer token may be in a browser whose cookie is another session's: that one stays. */
export function forgetCookie(request: IncomingRequest, response: OutgoingHeaders): void {
  if (request.authorization === undefined) response.setCookie(blankSessionCookie)
}

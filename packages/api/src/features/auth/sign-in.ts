import type { Transaction } from 'kysely'
import type { z } from 'zod'
import { record, recordFailure } from '../../audit/record.ts'
import type { Context, IncomingRequest, OutgoingHeaders, UserContext } from '../../context.ts'
import { inTransaction, type Database } from '../../db.ts'
import { fail } from '../../errors.ts'
import { sourceOf } from '../../limits.ts'
import { sha256 } from '../../secrets.ts'
import { toUser } from './account.ts'
import { deviceOf } from './device.ts'
import { upsertKnownDevice } from './device-queries.ts'
import type { signIn as signInInput } from './input.ts'
import { giveNotice } from './notices.ts'
import { endOwnSession, endSession } from './own-sessions.ts'
import {
  deleteSurplusSessions,
  findAccountWithPassword,
  lockAccount,
  markPresent,
  updatePasswordHash,
} from './queries.ts'
import { blankSessionCookie, sessionCookie } from './session-cookie.ts'
import { startSession, toSession } from './sessions.ts'

/**
 * An unknown address, a wrong password and an account without one are one answer, after the same work. That an account
 * is suspended is told to those who know its password. One that was deleted comes back.
 */
export async function signIn(
  ctx: Context,
  { email, password, tokenInBody = false }: z.output<typeof signInInput>,
) {
  if (!tokenInBody && !ctx.request.mayUseCookies) throw fail('CSRF')
  using _place = await ctx.hasher.reserve()
  await limitGuessing(ctx, email)
  const found = await findAccountWithPassword(ctx.db, email)
  const isRight = await ctx.hasher.verify(found?.passwordHash ?? undefined, password)
  if (!found?.passwordHash || !isRight) throw await refused(ctx, found?.id ?? null, 'INVALID_CREDENTIALS')

  const { id, passwordHash } = found
  const newHash = ctx.hasher.needsRehash(passwordHash) ? await ctx.hasher.hash(password) : undefined
  const verified = { id, passwordHash, newHash, getsCookie: !tokenInBody }
  const entered = await inTransaction(ctx.db, (trx) => enter(trx, ctx, verified))
  if (typeof entered === 'string') throw await refused(ctx, id, entered)
  const { token, record: started } = entered
  if (!tokenInBody) ctx.response.setCookie(sessionCookie(token))
  const session = { ...toSession(started, ctx), current: true }
  return { user: toUser(found), session, ...(tokenInBody ? { token } : {}) }
}

async function refused(
  ctx: Context,
  subjectId: string | null,
  code: 'INVALID_CREDENTIALS' | 'ACCOUNT_SUSPENDED',
) {
  await recordFailure(ctx.db, ctx, {
    action: 'session.started',
    actorId: null,
    subjectId,
    details: { reason: code },
  })
  return fail(code)
}

interface Verified {
  id: string
  passwordHash: string
  /** With today's parameters, where the stored one was made with others. */
  newHash: string | undefined
  getsCookie: boolean
}

/** Or why not: the password or the account's standing may have changed while it was being verified. */
async function enter(
  trx: Transaction<Database>,
  ctx: Context,
  { id: userId, passwordHash, newHash, getsCookie }: Verified,
) {
  const account = await lockAccount(trx, userId, passwordHash)
  if (!account) return 'INVALID_CREDENTIALS'
  if (account.suspendedAt) return 'ACCOUNT_SUSPENDED'
  const own = { actorId: userId, subjectId: userId }
  if (account.deletedAt) await record(trx, ctx, { action: 'user.returned', ...own })
  await markPresent(trx, userId)
  if (newHash) await updatePasswordHash(trx, userId, newHash)
  if (getsCookie) await endFormerSession(trx, ctx)
  const started = await startSession(trx, userId, ctx.request)
  await deleteSurplusSessions(trx, userId)
  const { id: sessionId, device } = started.record
  const eventId = await record(trx, ctx, {
    action: 'session.started',
    ...own,
    details: { sessionId, device },
  })
  if (await isNewDevice(trx, userId, ctx.request))
    await giveNotice(trx, { eventId, userId, action: 'session.started' })
  return started
}

/** The browser is about to forget the token that it has: its session would live on for weeks, held by nobody. */
async function endFormerSession(trx: Transaction<Database>, ctx: Context): Promise<void> {
  const { principal, request } = ctx
  if (principal && request.authorization === undefined) await endSession(trx, ctx, principal)
}

/** A browser or program that this person has not used, or not from this network. */
function isNewDevice(trx: Transaction<Database>, userId: string, { ip, userAgent }: IncomingRequest) {
  const device = deviceOf(userAgent)
  return upsertKnownDevice(trx, { userId, device, fingerprint: sha256(`${device} ${sourceOf(ip)}`) })
}

/** By account *and* source, so that nobody can lock another person out; and by source alone. */
export async function limitGuessing({ limits, request }: Context, email: string): Promise<void> {
  const source = sourceOf(request.ip)
  await limits.consume('signInBySource', source)
  await limits.consume('signInByAccount', `${email} ${source}`)
}

export async function signOut(ctx: UserContext): Promise<null> {
  const { principal, request, response } = ctx
  await endOwnSession(ctx, principal.session.id)
  forgetCookie(request, response)
  return null
}

/** Who asks with a bearer token may be in a browser whose cookie is another session's: that one stays. */
export function forgetCookie(request: IncomingRequest, response: OutgoingHeaders): void {
  if (request.authorization === undefined) response.setCookie(blankSessionCookie)
}

import type { Kysely, Transaction } from 'kysely'
import * as z from 'zod'
import { toEvent } from '../../audit/events.ts'
import type { event as eventOutput } from '../../audit/output.ts'
import { listEvents } from '../../audit/queries.ts'
import { record } from '../../audit/record.ts'
import type { UserContext } from '../../context.ts'
import { inTransaction, type Database } from '../../db.ts'
import { fail, notFound } from '../../errors.ts'
import { decodeCursor, toPage } from '../../pagination.ts'
import { text } from '../../schemas.ts'
import { toUser } from '../auth/account.ts'
import { deleteMailTokensOf } from '../auth/mail-token-queries.ts'
import { issueMailToken } from '../auth/mail-tokens.ts'
import { isAtLeast, isPermitted, mayActOn } from '../auth/permissions.ts'
import type { Principal } from '../auth/principal.ts'
import { findRoleOfSession, listSessions } from '../auth/queries.ts'
import type { Role } from '../auth/roles.ts'
import { endSessionsOf, toSession } from '../auth/sessions.ts'
import { listNewestPosts } from '../posts/posts.ts'
import { changeRole, keepAnAdmin } from '../users/admins.ts'
import { lockAdmins, lockUser } from '../users/queries.ts'
import type * as input from './input.ts'
import type { adminUser } from './output.ts'
import { findAdminUser, listAdminUsers, updateSuspension, type AdminUserRow, type Sort } from './queries.ts'

/** A cursor belongs to its order. */
const keyOf = (sort: Sort, order: string) =>
  z.tuple([z.literal(sort), z.literal(order), isTime(sort) ? z.iso.datetime() : text(1, 254), z.uuid()])

const isTime = (sort: Sort) => sort === 'createdAt' || sort === 'lastSeenAt'

export async function getAdminUserPage({ db }: UserContext, given: z.output<typeof input.listUsers>) {
  const { limit, cursor, sort, order, ...filter } = given
  const key = decodeCursor(cursor, keyOf(sort, order))
  const after = key && ([key[2], key[3]] as const)
  const rows = await listAdminUsers(db, filter, { sort, order, after, limit })
  return toPage(rows, limit, toAdminUser, (row) => [sort, order, sortedValue(row, sort), row.id])
}

function sortedValue(row: AdminUserRow, sort: Sort): string {
  if (sort === 'username') return row.username.toLowerCase()
  return sort === 'email' ? row.email : row[sort].toISOString()
}

/**
 * Of somebody who stands above, neither sessions nor events, and of what others of the staff did not from where: that is for
 * those who may read the log.
 */
export async function getAdminUser(ctx: UserContext, id: string) {
  const { db, principal } = ctx
  const user = await findAdminUser(db, id)
  if (!user) throw notFound('user')
  const isAbove = !isAtLeast(principal.user.role, user.role)
  return {
    ...toAdminUser(user),
    sessions: isAbove ? [] : (await listSessions(db, id)).map((session) => toSession(session, ctx)),
    posts: await listNewestPosts(db, id),
    events: isAbove ? [] : (await listNewestEvents(db, id)).map((event) => seenBy(principal, event)),
  }
}

async function listNewestEvents(db: Kysely<Database>, subjectId: string) {
  return (await listEvents(db, { subjectId }, { limit: 20 })).slice(0, 20).map(toEvent)
}

function seenBy({ user: { id, role } }: Principal, event: z.output<typeof eventOutput>) {
  const isStaffs = event.actorId !== null && ![event.subjectId, id].includes(event.actorId)
  return isStaffs && !isPermitted(role, 'audit:read') ? { ...event, ip: null, device: null } : event
}

/** Ends their sessions, and the links that are on their way. Suspending twice is harmless: the first time stands. */
export function suspendUser(ctx: UserContext, { id, reason }: z.output<typeof input.suspendUser>) {
  return actOn(ctx, id, async (trx, { suspendedAt }) => {
    await keepAnAdmin(trx, id)
    if (suspendedAt) return
    await updateSuspension(trx, id, new Date())
    await endSessionsOf(trx, id)
    await deleteMailTokensOf(trx, id, ['verify', 'reset', 'change'])
    await record(trx, ctx, { action: 'user.suspended', subjectId: id, details: { reason: reason ?? null } })
  })
}

export function restoreUser(ctx: UserContext, id: string) {
  return actOn(ctx, id, async (trx, { suspendedAt }) => {
    if (!suspendedAt) return
    await updateSuspension(trx, id, null)
    await record(trx, ctx, { action: 'user.restored', subjectId: id })
  })
}

export function setUserRole(ctx: UserContext, id: string, role: Role) {
  return actOn(ctx, id, (trx) => changeRole(trx, ctx, id, role))
}

export async function endSessionsOfUser(ctx: UserContext, id: string) {
  let revoked = 0
  await actOn(ctx, id, async (trx) => {
    revoked = (await listSessions(trx, id)).length
    await endSessionsOf(trx, id)
    await record(trx, ctx, { action: 'session.all-ended', subjectId: id, details: { revoked } })
  })
  return { revoked }
}

/** To the stored address, as if they had asked for it themselves. */
export async function sendReset(ctx: UserContext, id: string) {
  await actOn(ctx, id, async (trx, { email }) => {
    await issueMailToken(trx, ctx.settings, 'reset', email)
    await record(trx, ctx, { action: 'password.reset-requested', subjectId: id })
  })
  return { ok: true as const }
}

type Target = NonNullable<Awaited<ReturnType<typeof lockUser>>>

/** On somebody whom one may act on. @throws NOT_FOUND, FORBIDDEN */
async function actOn(
  ctx: UserContext,
  id: string,
  act: (trx: Transaction<Database>, target: Target) => Promise<void>,
) {
  await inTransaction(ctx.db, async (trx) => {
    // Before the person: who takes an admin away locks all of them, and two who did it in another order would hang.
    await lockAdmins(trx, id)
    const target = await lockUser(trx, id)
    if (!target) throw notFound('user')
    await refuseUnlessAbove(trx, ctx, target.role)
    await act(trx, target)
  })
  const user = await findAdminUser(ctx.db, id)
  if (!user) throw notFound('user')
  return toAdminUser(user)
}

/** By what one is now: whoever was suspended or lost the role while this call waited acts no more. */
async function refuseUnlessAbove(
  trx: Transaction<Database>,
  { principal }: UserContext,
  role: Role,
): Promise<void> {
  const ownRole = await findRoleOfSession(trx, principal.session.id)
  if (!ownRole) throw fail('UNAUTHORIZED')
  if (ownRole !== principal.user.role || !mayActOn(ownRole, role))
    throw fail('FORBIDDEN', {}, 'They may do as much as you, or more.')
}

function toAdminUser({
  lastSeenAt,
  suspendedAt,
  deletedAt,
  ...account
}: AdminUserRow): z.output<typeof adminUser> {
  return {
    ...toUser(account),
    lastSeenAt: lastSeenAt.toISOString(),
    suspendedAt: suspendedAt?.toISOString() ?? null,
    deletedAt: deletedAt?.toISOString() ?? null,
  }
}

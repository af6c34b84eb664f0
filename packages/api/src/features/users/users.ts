import type { Transaction } from 'kysely'
import type { z } from 'zod'
import type { Context, UserContext } from '../../context.ts'
import { inTransaction, violatedUnique, type Database } from '../../db.ts'
import type { Deps } from '../../deps.ts'
import { fail, notFound } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { sourceOf } from '../../limits.ts'
import { decodeCursor, idKey, toPage } from '../../pagination.ts'
import { record, type AuditSource } from '../../audit/record.ts'
import { collectPersonalData } from '../../personal-data.ts'
import { toUser } from '../auth/account.ts'
import { isEmailReserved } from '../auth/email-queries.ts'
import { issueMailToken } from '../auth/mail-tokens.ts'
import { giveNotice } from '../auth/notices.ts'
import { refuseWeakPassword } from '../auth/password-rules.ts'
import { findAccount } from '../auth/queries.ts'
import type { Role } from '../auth/roles.ts'
import { endSessionsOf } from '../auth/sessions.ts'
import { forgetCookie } from '../auth/sign-in.ts'
import type { publicUser } from './output.ts'
import type * as input from './input.ts'
import { changeRole, keepAnAdmin } from './admins.ts'
import {
  findIdByEmail,
  insertUser,
  listUsers,
  lockUser,
  markDeleted,
  searchUsers,
  updateUser,
} from './queries.ts'

/** Registration starts no session. That an address is taken is told, by contract; so it is throttled. */
export async function registerUser(ctx: Context, given: z.output<typeof input.create>) {
  ctx.hasher.refuseWhenFull()
  await ctx.limits.consume('registration', sourceOf(ctx.request.ip))
  return createUser(ctx, given)
}

/** For operators: with a role, and the address taken as verified. */
export function createVerifiedUser(deps: NewUserDeps, given: z.output<typeof input.create>, role: Role) {
  return createUser(deps, given, { role, emailVerifiedAt: new Date() })
}

type NewUserDeps = Pick<Deps, 'db' | 'hasher' | 'settings'> & AuditSource

async function createUser(
  deps: NewUserDeps,
  { password, name: given, ...names }: z.output<typeof input.create>,
  standing?: { role: Role; emailVerifiedAt: Date },
) {
  const { db, hasher, settings } = deps
  const id = newId()
  const name = given ?? null
  refuseWeakPassword(password, { ...names, name })
  const passwordHash = await hasher.hash(password)
  await inTransaction(db, async (trx) => {
    await insertUser(trx, { id, ...names, name, passwordHash, ...standing })
    if (await isEmailReserved(trx, names.email, id)) throw emailTaken()
    if (standing) return recordCreation(trx, deps, id, standing.role)
    await issueMailToken(trx, settings, 'verify', names.email)
    await record(trx, deps, { action: 'user.registered', actorId: id, subjectId: id })
  }).catch(refuseTaken)
  return getUser(db, id)
}

async function recordCreation(trx: Transaction<Database>, source: AuditSource, id: string, role: Role) {
  await record(trx, source, { action: 'user.created', subjectId: id, details: { role } })
}

/** For operators: everything that is held on somebody, however much. @throws NOT_FOUND */
export async function exportUser(deps: Pick<Deps, 'db' | 'settings'>, email: string) {
  const { db } = deps
  const id = await findIdByEmail(db, email)
  if (!id) throw notFound('user')
  const data = await collectPersonalData(db, id)
  await inTransaction(db, (trx) => record(trx, deps, { action: 'export.made', subjectId: id }))
  return data
}

/** For operators. @throws NOT_FOUND, LAST_ADMIN */
export async function promoteUser(deps: Pick<Deps, 'db' | 'settings'>, email: string, role: Role) {
  const { db } = deps
  const id = await findIdByEmail(db, email)
  if (!id || !(await findAccount(db, id))) throw notFound('user')
  await inTransaction(db, (trx) => changeRole(trx, deps, id, role))
  return getUser(db, id)
}

export async function updateOwnUser(ctx: UserContext, changes: z.output<typeof input.update>) {
  const { db, limits, principal } = ctx
  const { id } = principal.user
  await limits.consume('rename', id)
  await inTransaction(db, (trx) => rename(trx, ctx, id, changes)).catch(refuseTaken)
  const row = await findAccount(db, id)
  // Deleted by an earlier call of the same batch, or at the same time.
  if (!row) throw fail('UNAUTHORIZED')
  return toUser(row)
}

async function rename(
  trx: Transaction<Database>,
  source: AuditSource,
  id: string,
  { username, name }: z.output<typeof input.update>,
): Promise<void> {
  const before = await lockUser(trx, id)
  if (!before || before.deletedAt) return
  const changes = { ...(username !== undefined && { username }), ...(name !== undefined && { name }) }
  if (Object.keys(changes).length === 0) return
  await updateUser(trx, id, changes)
  const details = {
    ...(username !== undefined && { usernameBefore: before.username, usernameAfter: username }),
    ...(name !== undefined && { nameBefore: before.name, nameAfter: name }),
  }
  await record(trx, source, { action: 'user.updated', subjectId: id, details })
}

/** Signs out everywhere and hides the posts; nobody else can take the names. Signing in within 7 days undoes it. */
export async function deleteOwnUser(ctx: UserContext): Promise<null> {
  const { db, principal, request, response } = ctx
  const { id } = principal.user
  await inTransaction(db, async (trx) => {
    await keepAnAdmin(trx, id)
    // At the same time, by another request of theirs.
    if (!(await markDeleted(trx, id))) return
    await endSessionsOf(trx, id)
    const eventId = await record(trx, ctx, { action: 'user.deleted', subjectId: id })
    await giveNotice(trx, { eventId, userId: id, action: 'user.deleted' })
  })
  forgetCookie(request, response)
  return null
}

export async function getUserPage({ db }: Context, { skip, limit, cursor }: z.output<typeof input.list>) {
  const before = decodeCursor(cursor, idKey)?.[0]
  return toPage(await listUsers(db, { before, skip, limit }), limit, toPublicUser, ({ id }) => [id])
}

export async function searchUserPage({ db }: Context, { q, limit, cursor }: z.output<typeof input.search>) {
  const before = decodeCursor(cursor, idKey)?.[0]
  return toPage(await searchUsers(db, q, { before, limit }), limit, toPublicUser, ({ id }) => [id])
}

async function getUser(db: Deps['db'], id: string) {
  const row = await findAccount(db, id)
  if (!row) throw notFound('user')
  return toUser(row)
}

interface PublicUserRow {
  id: string
  username: string
  name: string | null
  createdAt: Date
}

export function toPublicUser({ id, username, name, createdAt }: PublicUserRow): z.output<typeof publicUser> {
  return { id, username, name, createdAt: createdAt.toISOString() }
}

/** The unique indexes decide, so that of equal registrations at once one wins. */
function refuseTaken(error: unknown): never {
  const index = violatedUnique(error)
  if (index === 'users_email_key') throw emailTaken()
  if (index === 'users_username_key') throw fail('USERNAME_TAKEN', { field: 'username' })
  throw error
}

const emailTaken = () => fail('EMAIL_TAKEN', { field: 'email' })

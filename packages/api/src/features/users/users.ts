import type { z } from 'zod'
import type { Context, UserContext } from '../../context.ts'
import { inTransaction, violatedUnique } from '../../db.ts'
import type { Deps } from '../../deps.ts'
import { fail, notFound } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { sourceOf } from '../../limits.ts'
import { decodeCursor, idKey, toPage } from '../../pagination.ts'
import { toUser } from '../auth/account.ts'
import { issueMailToken } from '../auth/mail-tokens.ts'
import { findAccount } from '../auth/queries.ts'
import type { Role } from '../auth/roles.ts'
import { endSessionsOf } from '../auth/sessions.ts'
import { forgetCookie } from '../auth/sign-in.ts'
import type { publicUser } from './output.ts'
import type * as input from './input.ts'
import { insertUser, listUsers, markDeleted, searchUsers, setRole, updateUser } from './queries.ts'

/** Registration starts no session. That an address is taken is told, by contract; so it is throttled. */
export async function registerUser(ctx: Context, given: z.output<typeof input.create>) {
  await ctx.limits.consume('registration', sourceOf(ctx.request.ip))
  return createUser(ctx, given)
}

/** For operators: with a role, and the address taken as verified. */
export function createVerifiedUser(deps: NewUserDeps, given: z.output<typeof input.create>, role: Role) {
  return createUser(deps, given, { role, emailVerifiedAt: new Date() })
}

type NewUserDeps = Pick<Deps, 'db' | 'hasher' | 'settings'>

async function createUser(
  { db, hasher, settings }: NewUserDeps,
  { password, name, ...names }: z.output<typeof input.create>,
  standing?: { role: Role; emailVerifiedAt: Date },
) {
  const id = newId()
  const passwordHash = await hasher.hash(password)
  await inTransaction(db, async (trx) => {
    await insertUser(trx, { id, ...names, name: name ?? null, passwordHash, ...standing })
    if (!standing) await issueMailToken(trx, settings, 'verify', names.email)
  }).catch(refuseTaken)
  return getUser(db, id)
}

/** @throws NOT_FOUND */
export async function promoteUser({ db }: Pick<Deps, 'db'>, email: string, role: Role) {
  const id = await setRole(db, email, role)
  if (!id) throw notFound('user')
  return getUser(db, id)
}

export async function updateOwnUser({ db, principal }: UserContext, changes: z.output<typeof input.update>) {
  const { username, name } = changes
  await updateUser(db, principal.user.id, {
    ...(username !== undefined && { username }),
    ...(name !== undefined && { name }),
  }).catch(refuseTaken)
  const row = await findAccount(db, principal.user.id)
  // Deleted by an earlier call of the same batch, or at the same time.
  if (!row) throw fail('UNAUTHORIZED')
  return toUser(row)
}

/** Signs out everywhere and hides the posts; nobody else can take the names. */
export async function deleteOwnUser({ db, principal, request, response }: UserContext): Promise<null> {
  await inTransaction(db, async (trx) => {
    await markDeleted(trx, principal.user.id)
    await endSessionsOf(trx, principal.user.id)
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
  if (index === 'users_email_key') throw fail('EMAIL_TAKEN', { field: 'email' })
  if (index === 'users_username_key') throw fail('USERNAME_TAKEN', { field: 'username' })
  throw error
}

import * as z from 'zod'
import type { Context, UserContext } from '../../context.ts'
import { inTransaction, type Database } from '../../db.ts'
import { fail, notFound } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { publish as publishEvent } from '../../live/publish.ts'
import { decodeCursor, idKey, toPage } from '../../pagination.ts'
import { react } from '../../reactions.ts'
import { findPublicUser } from '../users/queries.ts'
import { toPublicUser } from '../users/users.ts'
import { postDeleted, postPublished } from './facts.ts'
import type * as input from './input.ts'
import type { post } from './output.ts'
import * as queries from './queries.ts'
import type { PostRow } from './queries.ts'
import type { Kysely, Transaction } from 'kysely'

/** @throws EMAIL_NOT_VERIFIED when it is to be published at once by somebody unverified */
export async function createPost(
  ctx: UserContext,
  { publish = false, ...post }: z.output<typeof input.create>,
) {
  const { id: authorId, emailVerified } = ctx.principal.user
  if (publish && !emailVerified) throw fail('EMAIL_NOT_VERIFIED')
  const id = newId()
  return inTransaction(ctx.db, async (trx) => {
    await queries.insertPost(trx, { id, authorId, ...post, publishedAt: publish ? new Date() : null })
    const row = await queries.findVisiblePost(trx, authorId, id)
    // Its author was deleted by an earlier call of the same batch, or at the same time.
    if (!row) throw fail('UNAUTHORIZED')
    if (publish) await announce(trx, id, authorId)
    return toPost(row)
  })
}

/** @throws VERSION_CONFLICT when somebody, perhaps oneself in another tab, was faster */
export async function updatePost({ db, principal }: UserContext, given: z.output<typeof input.update>) {
  const { id, version, title, body } = given
  const changes = { id, version, ...(title !== undefined && { title }), ...(body !== undefined && { body }) }
  const updated = await queries.updatePost(db, principal.user.id, changes)
  if (!updated) throw await whyNotUpdated(db, principal.user.id, id)
  return getVisiblePost(db, principal.user.id, id)
}

async function whyNotUpdated(db: Kysely<Database>, authorId: string, id: string) {
  const current = await queries.findVisiblePost(db, authorId, id)
  if (current?.authorId !== authorId) return notFound('post')
  return fail('VERSION_CONFLICT', { currentVersion: current.version })
}

/** Publishing twice is harmless: the first time stands, and is told of. */
export async function publishPost({ db, principal }: UserContext, id: string) {
  const authorId = principal.user.id
  await inTransaction(db, async (trx) => {
    if (await queries.markPublished(trx, authorId, id)) await announce(trx, id, authorId)
  })
  return getOwnPost(db, authorId, id)
}

async function announce(trx: Transaction<Database>, postId: string, authorId: string): Promise<void> {
  await react(trx, postPublished, { postId, authorId })
  await publishEvent(trx, { topic: 'posts', kind: 'post.published', userId: authorId, data: { postId } })
}

export async function deletePost({ db, principal }: UserContext, id: string): Promise<null> {
  return inTransaction(db, async (trx) => {
    if (!(await queries.markPostDeleted(trx, principal.user.id, id))) throw notFound('post')
    await react(trx, postDeleted, { postId: id })
    return null
  })
}

/** Restoring what is not deleted is harmless. */
export async function restorePost({ db, principal }: UserContext, id: string) {
  await queries.markPostRestored(db, principal.user.id, id)
  return getOwnPost(db, principal.user.id, id)
}

export async function getVisiblePost(db: Kysely<Database>, viewerId: string | undefined, id: string) {
  const row = await queries.findVisiblePost(db, viewerId, id)
  if (!row) throw notFound('post')
  return toPost(row)
}

async function getOwnPost(db: Kysely<Database>, authorId: string, id: string) {
  const row = await queries.findVisiblePost(db, authorId, id)
  if (row?.authorId !== authorId) throw notFound('post')
  return toPost(row)
}

const feedKey = z.tuple([z.iso.datetime(), z.uuid()])

/** @throws UNAUTHORIZED when nobody asks for their drafts */
export async function getPostPage(
  ctx: Context,
  { drafts, authorId, limit, cursor }: z.output<typeof input.list>,
) {
  if (drafts) return getDraftPage(ctx, limit, cursor)
  const key = decodeCursor(cursor, feedKey)
  const before: [Date, string] | undefined = key && [new Date(key[0]), key[1]]
  const rows = await queries.listPublished(ctx.db, { authorId, before, limit })
  return toPage(rows, limit, toPost, keyOf)
}

async function getDraftPage({ db, principal }: Context, limit: number, cursor: string | undefined) {
  if (!principal) throw fail('UNAUTHORIZED')
  const before = decodeCursor(cursor, idKey)?.[0]
  return toPage(await queries.listDrafts(db, principal.user.id, before, limit), limit, toPost, ({ id }) => [
    id,
  ])
}

export async function getUserWithPosts({ db }: Context, { id, include }: z.output<typeof input.getUser>) {
  const row = await findPublicUser(db, id)
  if (!row) throw notFound('user')
  if (!include) return toPublicUser(row)
  return { ...toPublicUser(row), posts: await listNewestPosts(db, id) }
}

/** The 10 newest published ones. */
export async function listNewestPosts(db: Kysely<Database>, authorId: string) {
  const rows = await queries.listPublished(db, { authorId, limit: 10 })
  return toPage(rows, 10, toPost, keyOf).items
}

function toPost({ authorId, username, name, ...row }: PostRow): z.output<typeof post> {
  return {
    id: row.id,
    author: { id: authorId, username, name },
    title: row.title,
    body: row.body,
    publishedAt: row.publishedAt?.toISOString() ?? null,
    version: row.version,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

const keyOf = ({ publishedAt, id }: PostRow) => [publishedAt?.toISOString() ?? '', id]

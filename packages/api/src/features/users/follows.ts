import * as z from 'zod'
import type { UserContext } from '../../context.ts'
import { inTransaction } from '../../db.ts'
import { fail, notFound } from '../../errors.ts'
import { decodeCursor, toPage } from '../../pagination.ts'
import {
  deleteFollow,
  hasFollow,
  holdPresentUser,
  insertFollow,
  listFollowing,
  lockFollower,
} from './follow-queries.ts'
import type * as input from './input.ts'
import { findPublicUser } from './queries.ts'
import { toPublicUser } from './users.ts'

const mostFollowed = 5_000

/** Following twice is harmless: the first time stands. @throws NOT_FOUND, CONFLICT */
export async function follow({ db, limits, principal }: UserContext, id: string): Promise<null> {
  const followerId = principal.user.id
  if (id === followerId) throw fail('VALIDATION_ERROR', { fields: { id: ['Must be somebody else'] } })
  await limits.consume('follow', followerId)
  await inTransaction(db, async (trx) => {
    // Deleted by an earlier call of the same batch, or at the same time.
    if (!(await lockFollower(trx, followerId))) throw fail('UNAUTHORIZED')
    if (!(await holdPresentUser(trx, id))) throw notFound('user')
    if ((await insertFollow(trx, followerId, id, mostFollowed)) === 'refused')
      throw fail('CONFLICT', {}, `Nobody follows more than ${mostFollowed} people.`)
  })
  return null
}

/** Twice is harmless, and whom one follows can be left when they are no longer there. @throws NOT_FOUND */
export async function unfollow({ db, principal }: UserContext, id: string): Promise<null> {
  if (await deleteFollow(db, principal.user.id, id)) return null
  if (!(await findPublicUser(db, id))) throw notFound('user')
  return null
}

/** @throws NOT_FOUND */
export async function isFollowed({ db, principal }: UserContext, id: string) {
  if (!(await findPublicUser(db, id))) throw notFound('user')
  return { isFollowed: await hasFollow(db, principal.user.id, id) }
}

const followKey = z.tuple([z.iso.datetime(), z.uuid()])

export async function getFollowingPage(
  { db, principal }: UserContext,
  { limit, cursor }: z.output<typeof input.following>,
) {
  const key = decodeCursor(cursor, followKey)
  const before: [Date, string] | undefined = key && [new Date(key[0]), key[1]]
  const rows = await listFollowing(db, principal.user.id, { before, limit })
  return toPage(rows, limit, toPublicUser, ({ followedAt, id }) => [followedAt.toISOString(), id])
}

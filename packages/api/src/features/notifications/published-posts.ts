import type { Kysely } from 'kysely'
import * as z from 'zod'
import { inTransaction, type Database } from '../../db.ts'
import { inBatches } from '../../jobs/batches.ts'
import { defineJob } from '../../jobs/define.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import { reactionTo } from '../../reactions.ts'
import { postDeleted, postPublished } from '../posts/facts.ts'
import { findVisiblePost, holdPublishedPost } from '../posts/queries.ts'
import { listFollowerIds } from '../users/follow-queries.ts'
import { deliver } from './deliver.ts'
import { deleteBySource } from './queries.ts'

const sourceOf = (postId: string) => `post.published:${postId}`

const batch = 200

/** A batch of followers in one transaction, with the job of the next: however many they are, each is short. */
export const announcePost = defineJob({
  name: 'notifications:announce-post',
  payload: z.object({ postId: z.uuid(), after: z.uuid().optional() }),
  async run({ db, limits }, { postId, after }) {
    // A post counts once, however often it is tried: of an attempt that is cut short nobody knows, and it is made again.
    const isNew = !after && (await limits.isWithin('announcedPost', postId))
    const authorId = isNew ? (await findVisiblePost(db, undefined, postId))?.authorId : undefined
    // It stands where posts stand, and streams have brought it; those who follow are told of no flood.
    if (authorId && !(await limits.isWithin('announcement', authorId))) return
    await announceTo(db, postId, after)
  },
})

const announceTo = (db: Kysely<Database>, postId: string, after: string | undefined) =>
  inTransaction(db, async (trx) => {
    const post = await holdPublishedPost(trx, postId)
    if (!post) return
    const { authorId, title: postTitle, username: authorUsername } = post
    const ids = await listFollowerIds(trx, authorId, after, batch)
    await deliver(trx, ids, {
      content: { kind: 'post.published', data: { postId, postTitle, authorId, authorUsername } },
      source: sourceOf(postId),
      actorId: authorId,
    })
    if (ids.length < batch) return
    const next = { postId, after: ids.at(-1)! }
    await enqueue(trx, announcePost, next, { key: `${postId} ${next.after}` })
  })

/** A post that is gone is named to nobody. Restoring it tells nobody again. */
export const withdrawPost = defineJob({
  name: 'notifications:withdraw-post',
  payload: z.object({ postId: z.uuid() }),
  run: ({ db }, { postId }, { signal }) =>
    inBatches((limit) => deleteBySource(db, sourceOf(postId), limit), signal),
})

export const postJobs = [announcePost, withdrawPost]

export const postReactions = [
  reactionTo(postPublished, async (trx, { postId }) => void (await enqueue(trx, announcePost, { postId }))),
  reactionTo(postDeleted, async (trx, { postId }) => void (await enqueue(trx, withdrawPost, { postId }))),
]

import type { Kysely } from 'kysely'
import type { Database } from '../../db.ts'
import { findVisiblePost } from '../posts/queries.ts'
import type { Content } from './kinds.ts'

/** Whether what it tells of is still there for everybody: mails leave later than the rows are written. */
export async function isStillThere(db: Kysely<Database>, content: Content): Promise<boolean> {
  if (content.kind === 'post.published') return isPublished(db, content.data.postId)
  return true
}

const isPublished = async (db: Kysely<Database>, postId: string) =>
  (await findVisiblePost(db, undefined, postId)) !== undefined

import { inPages, type PersonalData } from '../../personal-data.ts'
import { listPostsOf } from './queries.ts'

/** Also the drafts, and what was deleted and can still be restored. */
export const postsPersonalData: PersonalData = {
  posts: (db, userId) => inPages((before, limit) => listPostsOf(db, userId, before, limit)),
}

import { defineFact } from '../../reactions.ts'

/** For the first time. */
export const postPublished = defineFact<{ postId: string; authorId: string }>('post.published')

export const postDeleted = defineFact<{ postId: string }>('post.deleted')

import type { ColumnType, Generated } from 'kysely'

export interface PostsTables {
  posts: {
    id: string
    authorId: string
    title: string
    body: string
    /** Null for a draft. */
    publishedAt: Date | null
    /** Grows with each change: an update names the one that it started from. */
    version: Generated<number>
    createdAt: ColumnType<Date, never, never>
    updatedAt: ColumnType<Date, never, Date>
    deletedAt: Date | null
  }
}

import type { ColumnType } from 'kysely'

export interface LimitsTables {
  rateLimits: {
    /** The limit's name and the hash of who is counted. */
    key: string
    points: number
    /** In milliseconds since 1970. */
    expire: ColumnType<string, number, number>
  }
}

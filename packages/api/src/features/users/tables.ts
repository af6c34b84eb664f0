import type { ColumnType, Generated } from 'kysely'
import type { Role } from '../auth/roles.ts'

export interface UsersTables {
  users: {
    id: string
    /** Lower case, unique. */
    email: string
    /** As typed; unique without case. */
    username: string
    name: string | null
    /** Null while there is no password: after a change of the address was undone, until a new one is set. */
    passwordHash: string | null
    role: Generated<Role>
    emailVerifiedAt: Date | null
    createdAt: ColumnType<Date, never, never>
    updatedAt: ColumnType<Date, never, Date>
    /** Exact to the hour; null for who has not been here since it is noted. */
    lastSeenAt: ColumnType<Date | null, never, Date>
    suspendedAt: ColumnType<Date | null, never, Date | null>
    /** Set while the account is deleted and can still come back. */
    deletedAt: Date | null
  }
  follows: {
    followerId: string
    followeeId: string
    createdAt: ColumnType<Date, never, never>
  }
  exports: {
    id: string
    userId: string
    /** Where the link is mailed; worth nothing once the person has another address. */
    email: string
    tokenHash: Buffer
    /** Zipped, and encrypted with APP_SECRET. Null until the job has made it. */
    content: Buffer | null
    createdAt: ColumnType<Date, never, never>
    expiresAt: Date
  }
}

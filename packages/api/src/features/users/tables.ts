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
    passwordHash: string
    role: Generated<Role>
    emailVerifiedAt: Date | null
    createdAt: ColumnType<Date, never, never>
    updatedAt: ColumnType<Date, never, Date>
    /** Set while the account is deleted and its names are reserved. */
    deletedAt: Date | null
  }
}

import type { ColumnType } from 'kysely'
import type { Role } from '../auth/roles.ts'

export interface NotificationsTables {
  notifications: {
    id: string
    userId: string
    /** Whom it speaks of, if not its reader: it goes with them, too. */
    actorId: string | null
    kind: string
    /** What it came from: one for each person, however often they are told. */
    source: string
    data: ColumnType<unknown, string, never>
    /** Whether lists show it. */
    inApp: boolean
    /** Whether a digest is still to name it. */
    inDigest: boolean
    readAt: Date | null
    createdAt: ColumnType<Date, never, never>
  }
  notificationPreferences: {
    userId: string
    kind: string
    inApp: boolean
    mail: boolean
    digest: boolean
    updatedAt: ColumnType<Date, never, Date>
  }
  messages: {
    id: string
    senderId: string | null
    /** Either one person, or everybody of a role. */
    recipientId: string | null
    role: Role | null
    subject: string
    message: string
    createdAt: ColumnType<Date, never, never>
  }
  digests: {
    userId: string
    /** Of the last one, as PostgreSQL's date. */
    day: ColumnType<string, string, string>
  }
}

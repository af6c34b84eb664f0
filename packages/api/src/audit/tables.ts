import type { ColumnType } from 'kysely'
import type { AuditAction, AuditResult } from './actions.ts'

export interface AuditTables {
  /** Append-only, by a trigger: a row goes when it has expired, and the three personal columns may become null. */
  auditEvents: {
    id: string
    at: ColumnType<Date, never, never>
    action: ColumnType<AuditAction, AuditAction, never>
    result: ColumnType<AuditResult, AuditResult, never>
    /** Who did it; null is nobody who could be told, or the system. */
    actorId: ColumnType<string | null, string | null, never>
    /** Whom it concerns. */
    subjectId: ColumnType<string | null, string | null, never>
    requestId: ColumnType<string | null, string | null, never>
    ip: ColumnType<string | null, string | null, null>
    agent: ColumnType<string | null, string | null, null>
    details: ColumnType<AuditDetails | null, string | null, null>
    expiresAt: ColumnType<Date, Date, never>
  }
}

/** What was before and is after, and the like; never a secret. */
export type AuditDetails = Record<string, string | number | boolean | null>

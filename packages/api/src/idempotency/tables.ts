import type { ColumnType } from 'kysely'

export interface IdempotencyTables {
  idempotencyKeys: {
    /** sha256 of whose key it is, of the procedure and the key; of nobody's also of the body. */
    id: Buffer
    /** Whose answer it is; of a registration, who was registered. */
    userId: string
    /** HMAC of the first body. */
    bodyMac: Buffer
    /** JSON, as it was answered. */
    answer: string
    expiresAt: ColumnType<Date, Date, Date>
  }
}

import type { ColumnType } from 'kysely'
import type { JWK } from 'jose'

export interface AuthTables {
  sessions: {
    /** Public: shown in lists, named in access tokens. */
    id: string
    /** sha256 of the token; the token itself is stored nowhere. */
    tokenHash: Buffer
    userId: string
    device: string
    ip: string
    createdAt: ColumnType<Date, Date, never>
    lastSeenAt: Date
    /** When the password was last given. */
    authenticatedAt: Date
    expiresAt: Date
    /** No activity moves `expiresAt` past it. */
    absoluteExpiresAt: ColumnType<Date, Date, never>
  }
  mailTokens: {
    id: string
    userId: string
    kind: MailTokenKind
    /** Where a link of kind `change` goes; the others go to the stored address. */
    email: string | null
    tokenHash: Buffer
    expiresAt: Date
    createdAt: ColumnType<Date, never, never>
  }
  emailChanges: {
    id: string
    userId: string
    oldEmail: string
    newEmail: string
    undoTokenHash: Buffer
    undoExpiresAt: Date
    createdAt: ColumnType<Date, never, never>
  }
  knownDevices: {
    userId: string
    /** sha256 of the device's name and the network that it came from. */
    fingerprint: Buffer
    device: string
    firstSeenAt: ColumnType<Date, never, never>
    lastSeenAt: Date
  }
  signingKeys: {
    /** The `kid` of the tokens that it signed. */
    id: string
    publicJwk: ColumnType<JWK, string, never>
    /** The private JWK, encrypted with APP_SECRET. */
    privateKey: ColumnType<Buffer, Buffer, never>
    createdAt: ColumnType<Date, never, never>
    retiredAt: Date | null
  }
}

export type MailTokenKind = 'verify' | 'reset' | 'change'

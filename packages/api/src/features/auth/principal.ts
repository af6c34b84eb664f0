import type { z } from 'zod'
import type { user } from './output.ts'

export type User = z.output<typeof user>

/** A session as the server knows it. The token is not part of it: it is the secret itself. */
export interface SessionRecord {
  id: string
  device: string
  ip: string
  createdAt: Date
  lastSeenAt: Date
  expiresAt: Date
  /** No activity moves `expiresAt` past it. */
  absoluteExpiresAt: Date
}

/** Who asks, and with what. */
export interface Principal {
  user: User
  session: SessionRecord
  via: 'session' | 'accessToken'
}

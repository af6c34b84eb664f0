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
  /** When the password was last given: at the sign-in, or since. */
  authenticatedAt: Date
  expiresAt: Date
  /** No activity moves `expiresAt` past it. */
  absoluteExpiresAt: Date
}

/** Who asks, and with what. */
export interface Principal {
  user: User
  session: SessionRecord
  via: 'session' | 'accessToken'
  /** Of an access token: when it ends, though its session does not. */
  expiresAt?: Date
}

const recentMinutes = 10

/** Until when a session satisfies what asks for a recent sign-in. */
export const recentUntil = (authenticatedAt: Date) =>
  new Date(authenticatedAt.getTime() + recentMinutes * 60_000)

export const isRecent = ({ session }: Principal) =>
  recentUntil(session.authenticatedAt).getTime() > Date.now()

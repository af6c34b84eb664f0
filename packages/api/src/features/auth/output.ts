import * as z from 'zod'
import { page } from '../../pagination.ts'
import { id, time } from '../../schemas.ts'
import { roles } from './roles.ts'

export const publicUser = z
  .object({
    id,
    username: z.string().meta({ example: 'ada' }),
    name: z.string().nullable().meta({ example: 'Ada Lovelace' }),
    createdAt: time,
  })
  .meta({ id: 'PublicUser', description: 'A person as everybody sees them' })

export const user = publicUser
  .extend({
    email: z.string().meta({ example: 'ada@example.com' }),
    emailVerified: z.boolean(),
    role: z.enum(roles),
    updatedAt: time,
  })
  .meta({ id: 'User', description: 'A person as they see themselves' })

export const session = z
  .object({
    id,
    current: z.boolean().meta({ description: 'Whether this is the session that asks' }),
    device: z.string().meta({ example: 'Firefox on Linux' }),
    ip: z.string().meta({ example: '203.0.113.7' }),
    createdAt: time,
    lastSeenAt: time.meta({ description: 'Exact to the hour' }),
    expiresAt: time,
  })
  .meta({ id: 'Session', description: 'A signed-in device' })

export const signedIn = z
  .object({
    user,
    session,
    token: z.string().optional().meta({ description: 'Only with `tokenInBody`; it is shown this once' }),
  })
  .meta({ id: 'SignedIn' })

export const whoAmI = z.object({ user, session }).meta({ id: 'CurrentSession' })

export const accessToken = z
  .object({ accessToken: z.string(), tokenType: z.literal('Bearer'), expiresInSeconds: z.int() })
  .meta({ id: 'AccessToken' })

export const reauthenticated = z
  .object({
    recentUntil: time.meta({ description: 'What asks for a recent sign-in is satisfied until then' }),
  })
  .meta({ id: 'Reauthenticated' })

export const revoked = z.object({ revoked: z.int().meta({ description: 'How many sessions ended' }) })

/** The one answer of what must not tell whether there is an account. */
export const accepted = z.object({ ok: z.literal(true) })

/** All of them fit in one page; the shape is that of every list. */
export const sessions = page(session)

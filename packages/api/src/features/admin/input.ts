import * as z from 'zod'
import { cursor, limit } from '../../pagination.ts'
import { byId, id, line, text } from '../../schemas.ts'
import { roles } from '../auth/roles.ts'

export const sorts = ['createdAt', 'username', 'email', 'lastSeenAt'] as const

export const listUsers = z.strictObject({
  q: text(1, 254).optional().meta({ description: 'Part of an address, a username or a name; or a whole id' }),
  role: z.enum(roles).optional(),
  verified: z.boolean().optional(),
  suspended: z.boolean().optional(),
  sort: z.enum(sorts).default('createdAt'),
  order: z.enum(['asc', 'desc']).default('desc'),
  limit,
  cursor,
})

export const suspendUser = byId.extend({
  reason: line(500).optional().meta({ description: 'For the audit log; the person does not see it' }),
})

export const setRole = z.strictObject({ id, role: z.enum(roles) })

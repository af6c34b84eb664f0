import * as z from 'zod'
import { page } from '../pagination.ts'
import { id, time } from '../schemas.ts'
import { auditActions, auditResults } from './actions.ts'

const details = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .nullable()
  .meta({ description: 'What was before and is after, and the like' })

const happened = {
  id,
  at: time,
  action: z.enum(auditActions),
  result: z.enum(auditResults),
  ip: z.string().nullable(),
  device: z.string().nullable().meta({ example: 'Firefox on Linux' }),
  details,
}

export const ownEvent = z
  .object({
    ...happened,
    by: z.enum(['self', 'staff', 'system', 'unknown']).meta({
      description: '`unknown` was not signed in; of `staff` no address, device or details are shown',
    }),
  })
  .meta({ id: 'AccountEvent', description: 'Something that happened to my account' })

export const ownEvents = page(ownEvent)

export const event = z
  .object({
    ...happened,
    actorId: id.nullable().meta({ description: 'Null for the system, or who was not signed in' }),
    subjectId: id.nullable(),
    requestId: z.string().nullable(),
  })
  .meta({ id: 'AuditEvent' })

export const events = page(event)

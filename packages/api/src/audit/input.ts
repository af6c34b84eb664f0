import * as z from 'zod'
import { cursor, limit } from '../pagination.ts'
import { id, time } from '../schemas.ts'
import { auditActions, auditResults } from './actions.ts'

const filters = {
  action: z.enum(auditActions).optional(),
  result: z.enum(auditResults).optional(),
  since: time.optional().meta({ description: 'From this time on' }),
  until: time.optional().meta({ description: 'Before this time' }),
  limit,
  cursor,
}

export const ownEvents = z.strictObject(filters)

export const events = z.strictObject({
  ...filters,
  actorId: id.optional().meta({ description: 'Who did it' }),
  subjectId: id.optional().meta({ description: 'Whom it concerns' }),
})

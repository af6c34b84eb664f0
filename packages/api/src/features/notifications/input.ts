import * as z from 'zod'
import { cursor, limit } from '../../pagination.ts'
import { id, line, text } from '../../schemas.ts'
import { roles } from '../auth/roles.ts'
import { kindNames, type KindName } from './kinds.ts'

export const send = z
  .strictObject({
    to: z
      .union([z.strictObject({ userId: id }), z.strictObject({ role: z.enum(roles) })])
      .meta({ description: 'One person, or everybody of a role' }),
    subject: line(200).meta({ example: 'We move on Sunday' }),
    message: text(1, 2_000)
      .regex(/\S/, 'Must not be blank')
      .meta({ example: 'Tenon is away for an hour from 6:00 UTC.' }),
  })
  .meta({ id: 'NotificationSend' })

export const list = z.strictObject({
  unread: z.boolean().optional().meta({ description: 'Only those that are not read' }),
  limit,
  cursor,
})

const channels = z.strictObject({
  inApp: z.boolean().optional(),
  mail: z.boolean().optional(),
  digest: z.boolean().optional(),
})

export const updatePreferences = z
  .strictObject(ofEachKind(channels.optional()))
  .meta({ id: 'NotificationPreferencesUpdate' })

/** The same for each. */
export function ofEachKind<Value>(value: Value): Record<KindName, Value> {
  return Object.fromEntries(kindNames.map((name) => [name, value])) as Record<KindName, Value>
}

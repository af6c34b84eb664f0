import * as z from 'zod'
import { cursor, limit } from '../../pagination.ts'
import { id, line, text } from '../../schemas.ts'
import { email, mailedToken, newPassword } from '../auth/input.ts'

const username = z
  .string()
  .min(3)
  .max(50)
  .regex(/^[A-Za-z0-9_]*$/, 'Only letters, digits and underscores')
  .meta({ example: 'ada', description: 'Unique without regard to case' })

const name = line(100).meta({ example: 'Ada Lovelace' })

export const create = z
  .strictObject({ email, username, password: newPassword, name: name.optional() })
  .meta({ id: 'UserCreate' })

export const update = z
  .strictObject({ username: username.optional(), name: name.nullable().optional() })
  .meta({ id: 'UserUpdate' })

export const list = z
  .strictObject({ skip: z.int().min(0).max(10_000).optional(), limit, cursor })
  .refine(({ skip, cursor }) => skip === undefined || cursor === undefined, {
    path: ['skip'],
    message: 'Give `skip` or `cursor`, not both',
  })

export const search = z.strictObject({
  q: text(1, 50).meta({ description: 'Part of a username or name, taken literally', example: 'ada' }),
  limit,
  cursor,
})

export const downloadExport = z.strictObject({ token: mailedToken }).meta({ id: 'ExportToken' })

export const get = z.strictObject({ id })

export const following = z.strictObject({ limit, cursor })

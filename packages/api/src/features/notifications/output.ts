import * as z from 'zod'
import { page } from '../../pagination.ts'
import { id, time } from '../../schemas.ts'
import { ofEachKind } from './input.ts'
import { kinds } from './kinds.ts'

const told = {
  id,
  title: z.string(),
  text: z.string(),
  url: z.string().nullable().meta({ description: 'Where it leads' }),
  readAt: time.nullable(),
  createdAt: time,
}

export const notification = z
  .discriminatedUnion('kind', [
    kinds['post.published'].content.extend(told),
    kinds['security.notice'].content.extend(told),
    kinds['admin.message'].content.extend(told),
  ])
  .meta({ id: 'Notification', description: 'What `data` holds depends on `kind`' })

export const notifications = page(notification)

export const queued = z.object({
  id: id.meta({ description: 'Of the message' }),
  status: z.literal('queued'),
})

export const unreadCount = z.object({
  count: z.int().meta({ description: 'Up to 1,000', example: 3 }),
})

export const marked = z.object({ marked: z.int() })

const channels = z
  .object({ inApp: z.boolean(), mail: z.boolean(), digest: z.boolean() })
  .meta({ id: 'NotificationChannels' })

export const preferences = z.object(ofEachKind(channels)).meta({ id: 'NotificationPreferences' })

import * as z from 'zod'
import { cursor, limit } from '../../pagination.ts'
import { id, line, text } from '../../schemas.ts'

const title = line(200).meta({ example: 'On the Analytical Engine' })
const body = text(0, 50_000).meta({ example: 'It can do whatever we know how to order it to perform.' })

export const create = z
  .strictObject({
    title,
    body,
    publish: z.boolean().optional().meta({ description: 'At once, not as a draft' }),
  })
  .meta({ id: 'PostCreate' })

export const update = z
  .strictObject({
    id,
    title: title.optional(),
    body: body.optional(),
    version: z
      .int()
      .min(1)
      .max(2_147_483_647)
      .meta({ description: 'The version that the change started from', example: 1 }),
  })
  .meta({ id: 'PostUpdate' })

export const list = z.strictObject({
  authorId: id.optional().meta({ description: 'Only the posts of this person' }),
  drafts: z.boolean().optional().meta({ description: 'My drafts instead of what is published' }),
  limit,
  cursor,
})

export const getUser = z.strictObject({
  id,
  include: z.literal('posts').optional().meta({ description: 'With their 10 newest published posts' }),
})

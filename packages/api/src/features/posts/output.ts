import * as z from 'zod'
import { page } from '../../pagination.ts'
import { id, time } from '../../schemas.ts'
import { publicUser } from '../users/output.ts'

export const post = z
  .object({
    id,
    author: publicUser.pick({ id: true, username: true, name: true }),
    title: z.string().meta({ example: 'On the Analytical Engine' }),
    body: z.string(),
    publishedAt: time.nullable().meta({ description: 'Null for a draft' }),
    version: z.int().meta({ example: 1 }),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: 'Post' })

export const posts = page(post)

export const userWithPosts = publicUser
  .extend({ posts: z.array(post).optional().meta({ description: 'Only with `include=posts`' }) })
  .meta({
    id: 'UserWithPosts',
    description: 'A person as everybody sees them, with their newest posts when asked for',
  })

import * as z from 'zod'
import { defineJob } from '../../jobs/define.ts'
import { erasePosts } from './queries.ts'

export const eraseDeletedPosts = defineJob({
  name: 'posts:erase',
  payload: z.object({}),
  retries: 3,
  cron: '29 3 * * *',
  run: ({ db }) => erasePosts(db, 30),
})

export const postsJobs = [eraseDeletedPosts]

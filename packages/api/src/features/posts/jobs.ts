import * as z from 'zod'
import { inBatches } from '../../jobs/batches.ts'
import { defineJob } from '../../jobs/define.ts'
import { erasePosts } from './queries.ts'

export const eraseDeletedPosts = defineJob({
  name: 'posts:erase',
  payload: z.object({}),
  retries: 3,
  cron: { schedule: '29 3 * * *', backfillMinutes: 1440 },
  run: ({ db }, _payload, { signal }) => inBatches((limit) => erasePosts(db, 30, limit), signal),
})

export const postsJobs = [eraseDeletedPosts]

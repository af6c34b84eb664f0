import * as z from 'zod'
import { defineJob } from '../../jobs/define.ts'
import { eraseLapsedUsers } from './queries.ts'

/** What a deleted or never verified account leaves behind goes with its row, its reserved names too. */
export const eraseUsers = defineJob({
  name: 'users:erase',
  payload: z.object({}),
  retries: 3,
  cron: '23 3 * * *',
  run: ({ db }) => eraseLapsedUsers(db, 7),
})

export const usersJobs = [eraseUsers]

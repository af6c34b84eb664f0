import * as z from 'zod'
import { inBatches } from '../../jobs/batches.ts'
import { defineJob } from '../../jobs/define.ts'
import { eraseLapsedUsers } from './queries.ts'

/** What a deleted or never verified account leaves behind goes with its row, its reserved names too. */
export const eraseUsers = defineJob({
  name: 'users:erase',
  payload: z.object({}),
  retries: 3,
  cron: '23 3 * * *',
  run: ({ db }, _payload, { signal }) => inBatches((limit) => eraseLapsedUsers(db, 7, limit), signal),
})

export const usersJobs = [eraseUsers]

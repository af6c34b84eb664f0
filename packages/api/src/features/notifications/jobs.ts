import * as z from 'zod'
import { inBatches } from '../../jobs/batches.ts'
import { defineJob } from '../../jobs/define.ts'
import { mailDigest, startDigests } from './digests.ts'
import { mailNotification } from './mail-notification.ts'
import { handOutMessage } from './messages.ts'
import { postJobs } from './published-posts.ts'
import { deleteCreatedBefore, deleteReadBefore } from './queries.ts'

const readDays = 90
const days = 180

export const sweepNotifications = defineJob({
  name: 'notifications:sweep',
  payload: z.object({}),
  cron: { schedule: '47 3 * * *' },
  timeoutSeconds: 600,
  async run({ db }, _payload, { signal }) {
    await inBatches((limit) => deleteReadBefore(db, daysAgo(readDays), limit), signal)
    await inBatches((limit) => deleteCreatedBefore(db, 'notifications', daysAgo(days), limit), signal)
    await inBatches((limit) => deleteCreatedBefore(db, 'messages', daysAgo(days), limit), signal)
  },
})

const daysAgo = (count: number) => new Date(Date.now() - count * 24 * 60 * 60 * 1000)

export const notificationsJobs = [
  handOutMessage,
  ...postJobs,
  mailNotification,
  startDigests,
  mailDigest,
  sweepNotifications,
]

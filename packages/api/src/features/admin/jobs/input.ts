import * as z from 'zod'
import { jobStates } from '../../../jobs/states.ts'
import { cursor, limit } from '../../../pagination.ts'
import { text, time } from '../../../schemas.ts'

/** PostgreSQL's bigint holds no more. */
export const maxJobId = '9223372036854775807'

export const jobId = z
  .string()
  .max(19)
  .regex(/^[1-9]\d*$/, 'Must be the id of a job')
  .refine((id) => /^\d+$/.test(id) && BigInt(id) <= BigInt(maxJobId), 'Must be the id of a job')
  .meta({ example: '4711' })

export const byJobId = z.strictObject({ id: jobId })

const since = time.optional().meta({ description: 'From this time on' })
const until = time.optional().meta({ description: 'Before this time' })
const queue = text(1, 128).optional()

const filters = {
  name: text(1, 128).optional().meta({ description: 'Of the job, as it is defined' }),
  queue: queue.meta({ description: 'Jobs that run one after the other' }),
  q: text(1, 100).optional().meta({ description: 'Part of the error’s message or of the payload' }),
  error: text(1, 300).optional().meta({ description: 'One of the `failures`, as it is given there' }),
  since,
  until,
}

export const listJobs = z.strictObject({ state: z.enum(jobStates).optional(), ...filters, limit, cursor })

export const retryJobs = z.strictObject(filters)

const year = 366 * 24 * 60 * 60 * 1000

export const rescheduleJob = byJobId.extend({
  runAt: time
    .refine((given) => Date.parse(given) <= Date.now() + year, 'Must be within a year')
    .meta({ description: 'Within a year; what has passed means at once' }),
})

export const depth = z.strictObject({
  since: since.meta({ description: 'An hour ago unless given' }),
  until: until.meta({ description: 'Now unless given' }),
  queue: text(0, 128).optional().meta({
    description: 'All of them together unless given; empty for the jobs that are in none',
  }),
})

import * as z from 'zod'
import { jobStates } from '../../../jobs/states.ts'
import { jobOutcomes } from '../../../jobs/tables.ts'
import { page } from '../../../pagination.ts'
import { time } from '../../../schemas.ts'
import { jobId } from './input.ts'

const count = z.int().min(0)
const milliseconds = z.number().nullable()

export const job = z
  .object({
    id: jobId,
    name: z.string().meta({ example: 'mail:send' }),
    queue: z.string().nullable(),
    state: z.enum(jobStates),
    attempts: count.meta({ description: 'Begun so far; a retry by the staff starts again from 0' }),
    maxAttempts: count,
    at: time.meta({
      description:
        'When it was last begun, ended or rescheduled; before its first attempt, when it was enqueued',
    }),
    createdAt: time.nullable().meta({ description: 'Null once it has ended' }),
    runAt: time.nullable().meta({ description: 'When it is due; null once it has ended' }),
    error: z.string().nullable().meta({ description: 'The last one’s message' }),
  })
  .meta({ id: 'Job' })

export const jobs = page(job)

const attempt = z
  .object({
    attempt: count,
    maxAttempts: count,
    outcome: z.enum(jobOutcomes),
    worker: z.string().nullable(),
    startedAt: time,
    endedAt: time,
    error: z.string().nullable(),
    stack: z.string().nullable(),
  })
  .meta({ id: 'JobAttempt' })

export const jobDetails = job
  .extend({
    priority: z.int().nullable(),
    worker: z.string().nullable().meta({ description: 'That runs it now' }),
    payload: z.string().meta({
      description: 'As JSON, without secrets and with addresses masked; of more than 4 kB, the beginning',
    }),
    runs: z.array(attempt).meta({ description: 'The 100 newest attempts, oldest first' }),
  })
  .meta({ id: 'JobDetails' })

export const retried = z.object({ retried: count }).meta({ id: 'JobsRetried' })

const counts = { waiting: count, scheduled: count, retrying: count, running: count, failed: count }

export const overview = z
  .object({
    counts: z.object(counts).meta({ description: 'Of the jobs that have not ended' }),
    oldestDueSeconds: z.number().nullable().meta({
      description: 'For how long the job has waited that is due the longest; null when none is',
    }),
    lastHour: z.object({
      succeeded: count,
      failedAttempts: count,
      failed: count.meta({ description: 'That used up their attempts' }),
      cancelled: count,
      succeededPerMinute: z.number(),
    }),
    jobs: z
      .array(
        z.object({
          name: z.string(),
          runs: count,
          failures: count,
          p50Ms: milliseconds,
          p95Ms: milliseconds,
          lastEndedAt: time,
        }),
      )
      .meta({ description: 'What ran in the last hour, by name; 200 at most' }),
  })
  .meta({ id: 'JobsOverview' })

export const failures = z.object({
  items: z.array(
    z
      .object({
        name: z.string(),
        error: z
          .string()
          .meta({ description: 'Its first line, with … for words with a number and for addresses' }),
        count,
        firstAt: time,
        lastAt: time,
        exampleId: jobId,
      })
      .meta({ id: 'JobFailure' }),
  ),
})

export const crons = z.object({
  items: z.array(
    z
      .object({
        name: z.string(),
        schedule: z.string().meta({ example: '15 3 * * *' }),
        timeZone: z.string().meta({ example: 'UTC' }),
        nextAt: time.nullable(),
        lastAt: time.nullable().meta({ description: 'When the clock last started it' }),
        lastRun: z
          .object({ jobId, outcome: z.enum(jobOutcomes), startedAt: time, endedAt: time })
          .nullable()
          .meta({ description: 'Its newest attempt that ended' }),
      })
      .meta({ id: 'JobCron' }),
  ),
})

export const workers = z.object({
  items: z.array(
    z
      .object({
        id: z.string(),
        name: z.string().meta({ example: 'host:4711' }),
        startedAt: time,
        seenAt: time,
        isAlive: z.boolean(),
        isCareful: z.boolean().meta({
          description:
            'Whether it takes jobs when it begins them; the other half of a worker takes some ahead',
        }),
        jobs: z
          .array(z.object({ id: jobId, name: z.string(), startedAt: time }))
          .meta({ description: 'What it runs now; 100 at most' }),
      })
      .meta({ id: 'JobWorker' }),
  ),
})

export const depth = z.object({
  intervalSeconds: z.number().meta({ description: 'That a point stands for' }),
  items: z
    .array(z.object({ at: time, ...counts }).meta({ id: 'QueueDepth' }))
    .meta({ description: 'The highest of each interval; 300 at most, oldest first' }),
})

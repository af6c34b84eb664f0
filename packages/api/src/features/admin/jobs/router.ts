import type { ErrorTree } from '../../../declared-errors.ts'
import { idempotencyErrors } from '../../../error-codes.ts'
import { idempotent, permitted } from '../../../trpc.ts'
import { getCrons } from './crons.ts'
import { getDepth } from './depth.ts'
import { getFailures } from './failures.ts'
import * as input from './input.ts'
import { getJob, getJobPage } from './jobs.ts'
import { cancelJob, rescheduleJob, retryJob } from './operations.ts'
import * as output from './output.ts'
import { getOverview } from './overview.ts'
import { retryFailedJobs } from './retry-all.ts'
import { getWorkers } from './workers.ts'

export const jobs = {
  overview: permitted('jobs:read')
    .meta({
      rest: 'GET /admin/jobs/overview',
      summary: 'See how the jobs are doing',
      description: 'How many there are in each state, how long the oldest waits, what the last hour brought.',
    })
    .output(output.overview)
    .query(({ ctx }) => getOverview(ctx)),

  list: permitted('jobs:read')
    .meta({
      rest: 'GET /admin/jobs',
      summary: 'List jobs',
      description:
        'Newest first: those that wait or run, those that failed, and the history of those that ended.',
    })
    .input(input.listJobs)
    .output(output.jobs)
    .query(({ ctx, input }) => getJobPage(ctx, input)),

  get: permitted('jobs:read')
    .meta({
      rest: 'GET /admin/jobs/{id}',
      summary: 'Get a job',
      description: 'With its attempts and its payload.',
    })
    .input(input.byJobId)
    .output(output.jobDetails)
    .query(({ ctx, input }) => getJob(ctx, input.id)),

  retry: permitted('jobs:manage')
    .concat(idempotent)
    .meta({
      rest: 'POST /admin/jobs/{id}/retry',
      summary: 'Try a job again',
      description: 'One that failed, or waits after a failure: at once, with all its attempts before it.',
    })
    .input(input.byJobId)
    .output(output.jobDetails)
    .mutation(({ ctx, input }) => retryJob(ctx, input.id)),

  retryAll: permitted('jobs:manage')
    .concat(idempotent)
    .meta({
      rest: 'POST /admin/jobs/retry',
      summary: 'Try all failed jobs again that match',
      description: '10,000 at most: ask again until none is left.',
    })
    .input(input.retryJobs)
    .output(output.retried)
    .mutation(({ ctx, input }) => retryFailedJobs(ctx, input)),

  cancel: permitted('jobs:manage')
    .concat(idempotent)
    .meta({
      rest: 'POST /admin/jobs/{id}/cancel',
      summary: 'Cancel a job',
      description: 'One that runs is left alone. It stays in the history.',
    })
    .input(input.byJobId)
    .output(output.jobDetails)
    .mutation(({ ctx, input }) => cancelJob(ctx, input.id)),

  reschedule: permitted('jobs:manage')
    .concat(idempotent)
    .meta({
      rest: 'POST /admin/jobs/{id}/reschedule',
      summary: 'Have a job run at another time',
      description: 'One that waits for its first or its next attempt.',
    })
    .input(input.rescheduleJob)
    .output(output.jobDetails)
    .mutation(({ ctx, input }) => rescheduleJob(ctx, input)),

  failures: permitted('jobs:read')
    .meta({
      rest: 'GET /admin/jobs/failures',
      summary: 'See what fails, by error',
      description: 'Of the jobs that used up their attempts; the 100 most frequent.',
    })
    .output(output.failures)
    .query(({ ctx }) => getFailures(ctx)),

  crons: permitted('jobs:read')
    .meta({ rest: 'GET /admin/jobs/crons', summary: 'List the jobs that the clock starts' })
    .output(output.crons)
    .query(({ ctx }) => getCrons(ctx)),

  workers: permitted('jobs:read')
    .meta({ rest: 'GET /admin/jobs/workers', summary: 'List the workers and what they run' })
    .output(output.workers)
    .query(({ ctx }) => getWorkers(ctx)),

  depth: permitted('jobs:read')
    .meta({
      rest: 'GET /admin/jobs/depth',
      summary: 'See how many jobs there were',
      description: 'By state over time.',
    })
    .input(input.depth)
    .output(output.depth)
    .query(({ ctx, input }) => getDepth(ctx, input)),
}

export const jobsErrors = {
  overview: ['FORBIDDEN'],
  list: ['FORBIDDEN', 'CURSOR_INVALID'],
  get: ['FORBIDDEN', 'NOT_FOUND'],
  retry: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT', ...idempotencyErrors],
  retryAll: ['FORBIDDEN', ...idempotencyErrors],
  cancel: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT', ...idempotencyErrors],
  reschedule: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT', ...idempotencyErrors],
  failures: ['FORBIDDEN'],
  crons: ['FORBIDDEN'],
  workers: ['FORBIDDEN'],
  depth: ['FORBIDDEN'],
} as const satisfies ErrorTree

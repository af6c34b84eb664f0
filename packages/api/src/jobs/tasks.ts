import type { Job as GraphileJob, JobHelpers, TaskList } from 'graphile-worker'
import type pg from 'pg'
import type { Deps } from '../deps.ts'
import type { Job } from './define.ts'
import { PermanentJobError } from './errors.ts'
import { judge, settle } from './retry.ts'

/** Jobs as Graphile Worker wants them: by name, the payload checked, a failure judged before it is reported. */
export function toTaskList(jobs: readonly Job[], deps: Deps, pool: pg.Pool): TaskList {
  return Object.fromEntries(
    jobs.map((job) => [
      job.name,
      async (payload: unknown, { job: row, abortSignal }: JobHelpers) => {
        const error = await errorOf(runJob(job, deps, payload, row, abortSignal))
        // It outlived its run, and was returned: nothing may be noted of it any more.
        if (pool.ending) return new Promise(() => {})
        if (error === undefined) return
        deps.log.warn({ err: error, job: job.name, jobId: row.id, attempt: row.attempts }, 'a job failed')
        await settle(pool, row, judge(error, row))
        throw error
      },
    ]),
  )
}

const errorOf = (work: Promise<void>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error ?? new Error('Failed without an error'),
  )

async function runJob(
  job: Job,
  deps: Deps,
  payload: unknown,
  row: GraphileJob,
  signal: AbortSignal | undefined,
) {
  const parsed = job.payload.safeParse(payload)
  if (!parsed.success) throw new PermanentJobError(`The payload is not one of ${job.name}`)
  await job.run(deps, parsed.data, {
    id: row.id,
    attempt: row.attempts,
    signal: signal ?? new AbortController().signal,
  })
}

/** `crontab` lines for the jobs that the clock starts. */
export function toCrontab(jobs: readonly Job[]): string {
  return jobs
    .filter(({ cron }) => cron !== undefined)
    .map(({ cron, name, retries }) => `${cron} ${name} ?max=${retries + 1}&jobKey=${name} {}`)
    .join('\n')
}

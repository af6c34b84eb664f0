import { Cron as Schedule } from 'croner'
import { parseCronItems, type ParsedCronItem, type TimestampDigest } from 'graphile-worker'
import type { Cron, Job } from './define.ts'
import { keyOf } from './enqueue.ts'

export interface CronJob {
  name: string
  schedule: string
  timeZone: string
  /** Null for a schedule that comes no more. */
  nextAt: Date | null
}

/** The jobs that the clock starts, and when it will next. */
export const listCrons = (jobs: readonly Job[]): CronJob[] =>
  jobs.flatMap(({ name, cron }) => {
    if (!cron) return []
    const { schedule, timeZone = 'UTC' } = cron
    return [{ name, schedule, timeZone, nextAt: scheduleOf(cron).nextRun() }]
  })

/** As Graphile Worker wants them: it asks at every minute, and sees to it that of several workers one enqueues. */
export const toCronItems = (jobs: readonly Job[]): ParsedCronItem[] =>
  parseCronItems(jobs.flatMap((job) => (job.cron ? [toCronItem(job, job.cron)] : [])))

function toCronItem(job: Job, cron: Cron) {
  const { name, retries, queue, priority } = job
  const isTime = timesOf(cron)
  return {
    task: name,
    identifier: name,
    match: (digest: TimestampDigest) => isTime(momentOf(digest)),
    options: {
      backfillPeriod: (cron.backfillMinutes ?? 0) * 60_000,
      maxAttempts: retries + 1,
      // A second one would find nothing to do that the first does not.
      jobKey: keyOf(job, 'cron'),
      ...(typeof queue === 'string' && { queueName: queue }),
      ...(priority !== undefined && { priority }),
    },
  }
}

const scheduleOf = ({ schedule, timeZone = 'UTC' }: Cron) =>
  new Schedule(schedule, { paused: true, timezone: timeZone, mode: '5-part' })

/**
 * Asked by way of the next run, which knows of hours that are skipped or come twice; and found only once for all the minutes until
 * then, as making up for a day asks for each of its minutes.
 */
function timesOf(cron: Cron): (moment: Date) => boolean {
  const schedule = scheduleOf(cron)
  let from = Infinity
  let next = -Infinity
  return (moment) => {
    const at = moment.getTime()
    if (at < from || at > next) {
      from = at
      next = schedule.nextRun(new Date(at - 1_000))?.getTime() ?? Infinity
    }
    return at === next
  }
}

/** Graphile Worker tells everything of a minute, in UTC, but its year: it is the one near now that has this weekday. */
export function momentOf({ min, hour, date, month, dow }: TimestampDigest, now = new Date()): Date {
  const inYear = (year: number) => new Date(Date.UTC(year, month - 1, date, hour, min))
  const distance = (moment: Date) => Math.abs(moment.getTime() - now.getTime())
  const year = now.getUTCFullYear()
  const [nearest] = [year - 1, year, year + 1]
    .map(inYear)
    .filter((moment) => moment.getUTCDay() === dow && moment.getUTCDate() === date)
    .toSorted((a, b) => distance(a) - distance(b))
  return nearest ?? inYear(year)
}

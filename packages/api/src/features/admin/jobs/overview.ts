import type * as z from 'zod'
import type { Deps } from '../../../deps.ts'
import type * as output from './output.ts'
import { countLastHour, countLiveJobs } from './overview-queries.ts'
import { readJobs } from './rows.ts'

const names = 200

export function getOverview({ db }: Pick<Deps, 'db'>): Promise<z.output<typeof output.overview>> {
  return readJobs(db, async (trx) => {
    const { oldestDueSeconds, ...counts } = await countLiveJobs(trx)
    const hour = await countLastHour(trx, names)
    const sumOf = (count: 'succeeded' | 'failedAttempts' | 'failed' | 'cancelled') =>
      hour.reduce((sum, job) => sum + job[count], 0)
    const succeeded = sumOf('succeeded')
    return {
      counts,
      oldestDueSeconds,
      lastHour: {
        succeeded,
        failedAttempts: sumOf('failedAttempts'),
        failed: sumOf('failed'),
        cancelled: sumOf('cancelled'),
        succeededPerMinute: succeeded / 60,
      },
      jobs: hour.map(({ name, runs, failedAttempts, p50Ms, p95Ms, lastEndedAt }) => ({
        name,
        runs,
        failures: failedAttempts,
        p50Ms,
        p95Ms,
        lastEndedAt: lastEndedAt.toISOString(),
      })),
    }
  })
}

import { record } from '../../../audit/record.ts'
import { inTransaction } from '../../../db.ts'
import { wakeWorkers } from './job-queries.ts'
import type { JobFilter } from './list-queries.ts'
import { attemptsByName, type Operator } from './operations.ts'
import { retryFailedAfter } from './retry-queries.ts'
import { limitStatements } from './rows.ts'

const batch = 1_000

/**
 * The failed jobs that match, `limit` at most, in steps that hold their locks shortly; each is recorded with what it did. In the
 * order of their ids, so that a job that fails again meanwhile is tried once.
 */
export async function retryFailedJobs(
  operator: Operator,
  filter: Omit<JobFilter, 'state'>,
  limit = 10_000,
): Promise<{ retried: number }> {
  let retried = 0
  for (let after: string | null = '0'; after !== null && retried < limit;) {
    const step = await retryBatch(operator, filter, after, Math.min(batch, limit - retried))
    retried += step.retried
    after = step.lastId
  }
  return { retried }
}

function retryBatch(operator: Operator, filter: Omit<JobFilter, 'state'>, after: string, limit: number) {
  return inTransaction(operator.db, async (trx) => {
    await limitStatements(trx)
    const step = await retryFailedAfter(trx, filter, { after, limit, attempts: attemptsByName() })
    if (step.retried === 0) return step
    await wakeWorkers(trx, step.retried)
    const { name = null, queue = null } = filter
    const details = { retried: step.retried, name, queue }
    await record(trx, operator, { action: 'job.all-retried', subjectId: null, details })
    return step
  })
}

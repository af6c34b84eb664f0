import type { Transaction } from 'kysely'
import type { AuditAction } from '../../../audit/actions.ts'
import { record, type AuditSource } from '../../../audit/record.ts'
import { inTransaction, type Database } from '../../../db.ts'
import type { Deps } from '../../../deps.ts'
import { fail, notFound } from '../../../errors.ts'
import { declaredJobs } from '../../../jobs/declared.ts'
import { redactPayload } from '../../../jobs/redact.ts'
import { getJobDetails } from './jobs.ts'
import {
  deleteJob,
  findEndedJob,
  insertCancelledRun,
  lockLiveJob,
  markRescheduled,
  markRetried,
  wakeWorkers,
  type JobDetailsRow,
} from './job-queries.ts'
import { limitStatements } from './rows.ts'

/** The staff's request; or an operator, who comes with none. */
export type Operator = Pick<Deps, 'db' | 'settings'> & AuditSource

/** It runs at once, with all its attempts before it. Harmless when repeated: who waits already goes on waiting. */
export function retryJob(operator: Operator, id: string) {
  return operate(operator, id, async (trx, job) => {
    if (job.state === 'scheduled') throw conflict('It has not been tried yet; it can be rescheduled.')
    if (job.state === 'waiting') return
    await markRetried(trx, id, attemptsOf(job.name) ?? Math.max(1, job.maxAttempts))
    await wakeWorkers(trx, 1)
    await recordDeed(trx, operator, 'job.retried', job)
  })
}

/** Gone from the queue, and kept in the history as cancelled. Cancelling twice is harmless. */
export function cancelJob(operator: Operator, id: string) {
  return operate(
    operator,
    id,
    async (trx, job) => {
      if (job.state === 'cancelled') return
      await deleteJob(trx, id)
      await insertCancelledRun(trx, job, redactPayload(job.payload))
      await recordDeed(trx, operator, 'job.cancelled', job)
    },
    ['cancelled'],
  )
}

/** A time that has passed means at once. */
export function rescheduleJob(operator: Operator, { id, runAt }: { id: string; runAt: string }) {
  return operate(operator, id, async (trx, job) => {
    if (job.state === 'failed') throw conflict('It has failed; it can be retried.')
    const [before, after] = [job.runAt?.getTime() ?? 0, Date.parse(runAt)]
    if (before === after || Math.max(before, after) <= Date.now()) return
    await markRescheduled(trx, id, new Date(after))
    if (after <= Date.now()) await wakeWorkers(trx, 1)
    await recordDeed(trx, operator, 'job.rescheduled', job, { runAt })
  })
}

/** How many attempts a job of this name is given; undefined for one that is no longer defined. */
const attemptsOf = (name: string) => attemptsByName().get(name)

export const attemptsByName = () =>
  new Map(declaredJobs().map(({ name, retries }) => [name, retries + 1] as const))

/** On a job that no worker holds, nor can take until this is done. @throws NOT_FOUND, CONFLICT */
function operate(
  { db }: Operator,
  id: string,
  deed: (trx: Transaction<Database>, job: JobDetailsRow) => Promise<void>,
  ends: JobDetailsRow['state'][] = [],
) {
  return inTransaction(db, async (trx) => {
    await limitStatements(trx)
    const job = (await lockLiveJob(trx, id)) ?? (await findEndedJob(trx, id))
    if (!job) throw notFound('job')
    if (job.state === 'running') throw conflict('A worker holds it at this moment.')
    if (!job.runAt && !ends.includes(job.state)) throw conflict('It has ended.')
    await deed(trx, job)
    return getJobDetails(trx, id)
  })
}

const conflict = (message: string) => fail('CONFLICT', {}, message)

async function recordDeed(
  trx: Transaction<Database>,
  operator: Operator,
  action: AuditAction,
  { id, name }: JobDetailsRow,
  details: { runAt?: string } = {},
) {
  await record(trx, operator, { action, subjectId: null, details: { jobId: id, name, ...details } })
}

import * as z from 'zod'
import type { Transaction } from 'kysely'
import type { Database } from '../../../db.ts'
import type { Deps } from '../../../deps.ts'
import { notFound } from '../../../errors.ts'
import { redactPayload, redactText } from '../../../jobs/redact.ts'
import { decodeCursor, toPage } from '../../../pagination.ts'
import * as input from './input.ts'
import { findEndedJob, findLiveJob, listRuns, type JobDetailsRow, type RunRow } from './job-queries.ts'
import { listJobs, type JobRow } from './list-queries.ts'
import type * as output from './output.ts'
import { readJobs } from './rows.ts'

const key = z.tuple([input.jobId])

export async function getJobPage({ db }: Pick<Deps, 'db'>, given: z.output<typeof input.listJobs>) {
  const { limit, cursor, ...filter } = given
  const before = decodeCursor(cursor, key)?.[0]
  const rows = await readJobs(db, (trx) => listJobs(trx, filter, { before, limit }))
  return toPage(rows, limit, toJob, ({ id }) => [id])
}

export const getJob = ({ db }: Pick<Deps, 'db'>, id: string) => readJobs(db, (trx) => getJobDetails(trx, id))

/** @throws NOT_FOUND */
export async function getJobDetails(
  trx: Transaction<Database>,
  id: string,
): Promise<z.output<typeof output.jobDetails>> {
  const row = (await findLiveJob(trx, id)) ?? (await findEndedJob(trx, id))
  if (!row) throw notFound('job')
  return toDetails(row, await listRuns(trx, id, 100))
}

function toJob({ at, createdAt, runAt, error, ...row }: JobRow): z.output<typeof output.job> {
  return {
    ...row,
    at: at.toISOString(),
    createdAt: createdAt?.toISOString() ?? null,
    runAt: runAt?.toISOString() ?? null,
    error: error === null ? null : redactText(error, 1_000),
  }
}

function toDetails({ priority, worker, payload, ...row }: JobDetailsRow, runs: RunRow[]) {
  return { ...toJob(row), priority, worker, payload: shownPayload(payload), runs: runs.map(toRun) }
}

function shownPayload(payload: unknown): string {
  const shown = redactPayload(payload)
  return typeof shown === 'string' ? shown : JSON.stringify(shown)
}

function toRun({ startedAt, endedAt, errorMessage, errorStack, ...run }: RunRow) {
  return {
    ...run,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    error: errorMessage === null ? null : redactText(errorMessage, 2_000),
    stack: errorStack === null ? null : redactText(errorStack, 10_000),
  }
}

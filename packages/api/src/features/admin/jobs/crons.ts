import { sql, type Transaction } from 'kysely'
import type * as z from 'zod'
import type { Database } from '../../../db.ts'
import type { Deps } from '../../../deps.ts'
import { listCrons } from '../../../jobs/crons.ts'
import { declaredJobs } from '../../../jobs/declared.ts'
import type { JobOutcome } from '../../../jobs/tables.ts'
import type * as output from './output.ts'
import { isOfName, readJobs } from './rows.ts'

/** The next run is by this process's clock and definitions, the last one what the database knows of it. */
export async function getCrons({ db }: Pick<Deps, 'db'>): Promise<z.output<typeof output.crons>> {
  const crons = listCrons(declaredJobs())
  const rows = await readJobs(db, (trx) =>
    listLastRuns(
      trx,
      crons.map(({ name }) => name),
    ),
  )
  const lastRuns = new Map(rows.map(({ name, ...last }) => [name, toLast(last)]))
  return {
    items: crons
      .map(({ nextAt, ...cron }) => ({
        ...cron,
        nextAt: nextAt?.toISOString() ?? null,
        ...(lastRuns.get(cron.name) ?? { lastAt: null, lastRun: null }),
      }))
      .toSorted((a, b) => a.name.localeCompare(b.name)),
  }
}

interface LastRun {
  lastAt: Date | null
  jobId: string | null
  outcome: JobOutcome | null
  startedAt: Date | null
  endedAt: Date | null
}

async function listLastRuns(
  trx: Transaction<Database>,
  names: string[],
): Promise<(LastRun & { name: string })[]> {
  const { rows } = await sql<LastRun & { name: string }>`
    select name, known.last_execution as last_at, last.job_id::text as job_id, last.outcome, last.started_at, last.ended_at
    from unnest(${names}::text[]) crons (name)
    left join graphile_worker._private_known_crontabs known on known.identifier = crons.name
    left join lateral (
      select job_id, outcome, started_at, ended_at from job_runs runs
      where ${isOfName(sql.ref('crons.name'))} order by runs.name desc, runs.job_id desc, runs.id desc limit 1
    ) last on true`.execute(trx)
  return rows
}

function toLast({ lastAt, jobId, outcome, startedAt, endedAt }: LastRun) {
  const lastRun =
    jobId && outcome && startedAt && endedAt
      ? { jobId, outcome, startedAt: startedAt.toISOString(), endedAt: endedAt.toISOString() }
      : null
  return { lastAt: lastAt?.toISOString() ?? null, lastRun }
}

import type { Job as GraphileJob } from 'graphile-worker'
import { sql, type Kysely, type Transaction } from 'kysely'
import { inTransaction, type Database } from '../db.ts'
import type { Log } from '../deps.ts'
import { reportFailure } from './endings.ts'
import { bareName, carefulName } from './lanes.ts'
import type { Verdict } from './retry.ts'

/** A worker that was not seen for this long is dead. */
export const deadAfterSeconds = 30

const age = sql`interval '1 second' * ${sql.lit(deadAfterSeconds)}`

/**
 * Frees what dead workers had locked; Graphile Worker itself would wait for four hours. A lock whose worker never wrote a
 * heartbeat counts as dead a little later.
 */
export async function freeJobsOfTheDead(db: Kysely<Database>, log: Log): Promise<void> {
  await inTransaction(db, async (trx) => {
    const dead = await trx
      .deleteFrom('workers')
      .where(sql<boolean>`seen_at < now() - ${age}`)
      .returning(['id', 'name', 'isCareful'])
      .execute()
    for (const { id, name, isCareful } of dead) {
      const jobs = isCareful ? await endBegun(trx, id, name) : 0
      log.warn({ worker: name, jobs }, 'a worker died')
    }
    const jobs = await freeTaken(trx)
    if (jobs > 0) log.warn({ jobs }, 'jobs of dead workers were freed')
  })
}

/** Each of these was running, and its attempt counts: a job that kills its worker ends failed. @returns how many there were */
async function endBegun(trx: Transaction<Database>, id: string, worker: string): Promise<number> {
  const { rows } = await sql<GraphileJob & { name: string }>`
    select jobs.id, jobs.attempts, jobs.max_attempts, jobs.payload, jobs.locked_at, jobs.locked_by,
           tasks.identifier as name
    from graphile_worker._private_jobs jobs
    join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id
    where jobs.locked_by = ${id}`.execute(trx)
  for (const { name, ...row } of rows) {
    const error = new Error('The worker died while it ran this job')
    delete error.stack
    const verdict = verdictOnTheDead(row)
    const startedAt = row.locked_at?.getTime() ?? Date.now()
    const job = { name: bareName(name) }
    const end = { job, row, startedAt, endedAt: Date.now(), outcome: verdict.outcome, error }
    await reportFailure(trx, end, verdict, { worker, withHistory: true })
  }
  return rows.length
}

/** At once after the first time, then a little later each time, so that a job that kills all workers leaves them some time. */
function verdictOnTheDead({ attempts, max_attempts: maxAttempts }: GraphileJob): Verdict {
  const outcome = attempts >= maxAttempts ? 'failed' : 'interrupted'
  return { outcome, attempts, maxAttempts, delaySeconds: Math.min(30, 10 * (attempts - 1)) }
}

/**
 * Most of these were only taken ahead: none of them has spent an attempt. From now on only the careful lane may take them, where
 * it shows whether one of them was the worker's death.
 */
async function freeTaken(trx: Transaction<Database>): Promise<number> {
  const { rows } = await sql<{ id: string; identifier: string; jobQueueId: number | null }>`
    with freed as (
      update graphile_worker._private_jobs
      set attempts = greatest(0, attempts - 1), locked_at = null, locked_by = null
      where id in (
        select id from graphile_worker._private_jobs
        where locked_at < now() - ${age} and locked_by not in (select id from workers)
        for update skip locked
      )
      returning id, task_id, job_queue_id
    ), unlocked as (
      update graphile_worker._private_job_queues set locked_at = null, locked_by = null
      where locked_at < now() - ${age} and locked_by not in (select id from workers)
    )
    select freed.id, freed.job_queue_id, tasks.identifier from freed
    join graphile_worker._private_tasks tasks on tasks.id = freed.task_id`.execute(trx)
  const fast = rows.filter(({ jobQueueId }) => jobQueueId === null)
  for (const [name, jobs] of Map.groupBy(fast, ({ identifier }) => bareName(identifier)))
    await moveToCarefulLane(
      trx,
      name,
      jobs.map(({ id }) => id),
    )
  return rows.length
}

async function moveToCarefulLane(trx: Transaction<Database>, name: string, ids: string[]): Promise<void> {
  const identifier = carefulName(name)
  await sql`
    insert into graphile_worker._private_tasks (identifier) values (${identifier}) on conflict do nothing`.execute(
    trx,
  )
  await sql`
    update graphile_worker._private_jobs
    set task_id = (select id from graphile_worker._private_tasks where identifier = ${identifier})
    where id = any(${ids}::bigint[])`.execute(trx)
}

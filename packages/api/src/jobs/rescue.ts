import { sql, type Kysely, type Transaction } from 'kysely'
import { inTransaction, type Database } from '../db.ts'
import type { Log } from '../deps.ts'
import { toFailure } from '../errors.ts'
import { reportFailure, type Written } from './endings.ts'
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
  try {
    await freeThem(db, log, true)
  } catch (err) {
    if (toFailure(err).apiCode === 'UNAVAILABLE') throw err
    log.warn({ err }, 'the history of a job could not be written')
    await freeThem(db, log, false)
  }
}

async function freeThem(db: Kysely<Database>, log: Log, withHistory: boolean): Promise<void> {
  await inTransaction(db, async (trx) => {
    const dead = await trx
      .deleteFrom('workers')
      .where(sql<boolean>`seen_at < now() - ${age}`)
      .returning(['id', 'name', 'isCareful'])
      .execute()
    for (const { id, name, isCareful } of dead) {
      const jobs = isCareful ? await endBegun(trx, id, { worker: name, withHistory }) : 0
      log.warn({ worker: name, jobs }, 'a worker died')
    }
    const jobs = await freeTaken(trx)
    if (jobs > 0) log.warn({ jobs }, 'jobs of dead workers were freed')
  })
}

const death = 'The worker died while it ran this job'

interface Begun {
  id: string
  key: string | null
  name: string
  attempts: number
  maxAttempts: number
  payload: unknown
  startedAt: Date
  /** For the second time. */
  sawDeath: boolean
}

/**
 * Each of these was running, and one of them may have been the worker's death. The first time, none spends an attempt, and they go on
 * apart from each other; one that sees a worker die again does, so that a job that kills its workers ends failed.
 * @returns how many there were
 */
async function endBegun(trx: Transaction<Database>, id: string, written: Written): Promise<number> {
  const { rows } = await sql<Begun>`
    select jobs.id, jobs.key, tasks.identifier as name, jobs.attempts, jobs.max_attempts, jobs.payload,
           jobs.locked_at as started_at,
           coalesce(jobs.last_error = ${death}, false) as saw_death
    from graphile_worker._private_jobs jobs
    join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id
    where jobs.locked_by = ${id} order by jobs.run_at, jobs.id`.execute(trx)
  for (const [place, begun] of rows.entries()) {
    const verdict = verdictOn(begun, place)
    await reportFailure(trx, { ...endOf(begun, id), outcome: verdict.outcome }, verdict, written)
  }
  return rows.length
}

function endOf({ name, attempts, maxAttempts, startedAt, id, key, payload }: Begun, lockedBy: string) {
  const error = new Error(death)
  delete error.stack
  const row = { id, key, attempts, max_attempts: maxAttempts, payload, locked_by: lockedBy }
  return { job: { name: bareName(name) }, row, startedAt: startedAt.getTime(), endedAt: Date.now(), error }
}

function verdictOn({ attempts, maxAttempts, sawDeath }: Begun, place: number): Verdict {
  if (sawDeath && attempts >= maxAttempts)
    return { outcome: 'failed', attempts, maxAttempts, delaySeconds: 0 }
  const delaySeconds = Math.min(20, 5 * place)
  return { outcome: 'interrupted', attempts: sawDeath ? attempts : attempts - 1, maxAttempts, delaySeconds }
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

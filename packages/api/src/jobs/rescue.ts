import { sql, type Kysely, type Transaction } from 'kysely'
import { inTransaction, type Database } from '../db.ts'
import type { Log } from '../deps.ts'
import { toFailure } from '../errors.ts'
import type { Attempt } from './attempt.ts'
import { reportFailure, type Written } from './endings.ts'
import { endNow, endReplaced, listHeld } from './held.ts'
import { bareName, carefulName } from './lanes.ts'
import { isReplaced } from './replaced.ts'
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
    const names = new Map(dead.map(({ id, name }) => [id, name]))
    const workerOf = (id: string) => names.get(id) ?? null
    const replaced = await listHeld(trx, sql`${isOfNobody} and ${isReplaced}`)
    const jobs = (await endReplaced(trx, replaced, { workerOf, withHistory })) + (await freeTaken(trx))
    if (jobs > 0) log.warn({ jobs }, 'jobs of dead workers were freed')
  })
}

/** Of a job or a queue: whoever locked it is dead. */
const isOfNobody = sql`locked_at < now() - ${age} and locked_by not in (select workers.id from workers)`

const death = 'The worker died while it ran this job'

/**
 * Each of these was running, and one of them may have been the worker's death. The first time, none spends an attempt, and they go on
 * apart from each other; one that sees a worker die again does, so that a job that kills its workers ends failed.
 * @returns how many there were
 */
async function endBegun(trx: Transaction<Database>, id: string, written: Written): Promise<number> {
  const begun = await listHeld(trx, sql`jobs.locked_by = ${id}`)
  for (const [place, attempt] of begun.entries()) {
    const verdict = verdictOn(attempt.row, place)
    await reportFailure(trx, endNow(attempt, verdict.outcome, death), verdict, written)
  }
  return begun.length
}

function verdictOn(
  { attempts, max_attempts: maxAttempts, last_error: lastError }: Attempt['row'],
  place: number,
): Verdict {
  const sawDeath = lastError === death
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
        select id from graphile_worker._private_jobs where ${isOfNobody} for update skip locked
      )
      returning id, task_id, job_queue_id
    ), unlocked as (
      update graphile_worker._private_job_queues set locked_at = null, locked_by = null where ${isOfNobody}
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

import { sql, type Kysely } from 'kysely'
import type { Database } from '../db.ts'
import type { Log } from '../deps.ts'
import { deadAfterSeconds, freeJobsOfTheDead } from './rescue.ts'
import { returnJobs } from './returns.ts'

export const beatMs = 5_000
/** After an outage all who live are heard of within this time. */
const returnMs = 3 * beatMs

/** What a worker says of itself: one lane of one process, by the name that Graphile Worker locks jobs with. */
export interface Beat {
  id: string
  /** `host:pid`. */
  name: string
  isCareful: boolean
  /** The ids of the jobs under way. */
  running(): string[]
}

export interface Heart {
  /** Others may take this worker for dead by now. */
  isStale(): boolean
  stop(): void
}

export interface HeartOptions {
  db: Kysely<Database>
  log: Log
  beat: Beat
  /** It follows a run that lost the database. */
  wasCutOff: boolean
  /** Others may have begun anew what this worker holds. */
  onDeath(this: void): void
}

/** Beats, and frees the jobs of those that beat no more. */
export function startHeart({ db, log, beat, wasCutOff, onDeath }: HeartOptions): Heart {
  let seenAt = Date.now()
  // Who was cut off may be the first to be back, and would take all the others for dead.
  let mayJudgeAt = wasCutOff ? performance.now() + returnMs : 0
  let isFirst = true
  let writing: Promise<void> | undefined
  let rescuing: Promise<void> | undefined

  async function write() {
    const at = Date.now()
    try {
      if (!(await writeBeat(db, beat, isFirst))) return onDeath()
      isFirst = false
      if (at - seenAt > returnMs) putOffJudging()
      seenAt = at
      // Where much has to be freed, the next beats must not wait for that.
      if (beat.isCareful && performance.now() >= mayJudgeAt)
        rescuing ??= rescue().finally(() => (rescuing = undefined))
    } catch (err) {
      putOffJudging()
      log.warn({ err }, 'no heartbeat could be written')
    }
  }

  async function rescue() {
    try {
      await freeJobsOfTheDead(db, log)
    } catch (err) {
      putOffJudging()
      log.warn({ err }, 'the jobs of the dead could not be freed')
    }
  }

  const putOffJudging = () => (mayJudgeAt = performance.now() + returnMs)

  const isStale = () => Date.now() - seenAt > (deadAfterSeconds - 5) * 1000

  function tick() {
    if (isStale()) onDeath()
    // A connection that hangs must not be followed by another at each beat.
    writing ??= write().finally(() => (writing = undefined))
  }

  tick()
  const timer = setInterval(tick, beatMs)
  return { isStale, stop: () => clearInterval(timer) }
}

/** @returns false when the row is gone: others took this worker for dead */
async function writeBeat(db: Kysely<Database>, beat: Beat, isFirst: boolean): Promise<boolean> {
  const { id, name, isCareful } = beat
  const running = beat.running()
  if (isFirst) {
    await db
      .insertInto('workers')
      .values({ id, name, isCareful, running })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ seenAt: sql`now()` }))
      .execute()
    return true
  }
  const { numUpdatedRows } = await db
    .updateTable('workers')
    .set({ seenAt: sql`now()`, running })
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** What this worker has not ended is for others, now. Being interrupted spends no attempt. */
export async function leave(db: Kysely<Database>, id: string): Promise<void> {
  await returnJobs(db, id)
  await db.deleteFrom('workers').where('id', '=', id).execute()
}

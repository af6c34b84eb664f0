import { setTimeout as sleep } from 'node:timers/promises'
import { inTransaction } from '../db.ts'
import type { Deps } from '../deps.ts'
import { toFailure } from '../errors.ts'
import type { Attempt } from './attempt.ts'
import type { Job } from './define.ts'
import { completeJobs, reportFailure } from './endings.ts'
import { postponedSince, type End } from './history.ts'
import { wasReplaced } from './replaced.ts'
import { interrupted, isDependencyAway, judge } from './retry.ts'

/**
 * Writes how attempts ended, as far as the worker still holds their jobs: one that was taken for dead meanwhile must not end
 * what others have begun anew.
 */
export interface Recorder {
  /** Resolves once it is written, together with others that end at the same time. */
  succeeded(attempt: Attempt): Promise<void>
  failed(attempt: Attempt & { job: Job }, error: Error): Promise<void>
  /** Resolves as soon as there is room for more that is not yet written. */
  room(): Promise<void>
  /** Resolves once all that has ended is written. */
  drained(): Promise<void>
}

export interface RecorderOptions {
  /** `host:pid`, for the history. */
  worker: string
  /** Aborted when running jobs are asked to end. */
  stopping: AbortSignal
  /** Aborted when nobody waits any more for a database that is away. */
  givenUp: AbortSignal
}

const batch = 500
/** More than a batch, so that the next one fills while one is under way. */
const unwritten = 1_000

export function createRecorder(
  deps: Pick<Deps, 'db' | 'log'>,
  { worker, stopping, givenUp }: RecorderOptions,
): Recorder {
  const { db, log } = deps
  const waiting: { end: End; written(): void }[] = []
  const failing = new Set<Promise<void>>()
  let writing: Promise<void> | undefined

  async function writeAll() {
    while (waiting.length > 0) {
      const group = waiting.splice(0, batch)
      await untilWritten(deps, givenUp, (withHistory) =>
        complete(
          group.map(({ end }) => end),
          withHistory,
        ),
      )
      for (const { written } of group) written()
    }
    writing = undefined
  }

  async function complete(ends: End[], withHistory: boolean) {
    const lost = ends.length - (await completeJobs(db, ends, { worker, withHistory }))
    if (lost > 0) log.warn({ lost }, 'jobs ended that this worker held no more')
  }

  async function writeFailure(attempt: Attempt & { job: Job }, error: Error) {
    const { job, row } = attempt
    const endedAt = Date.now()
    // One that another replaced while it waited has not even begun.
    if (!wasReplaced(row))
      log.warn({ err: error, job: job.name, jobId: row.id, attempt: row.attempts }, 'a job failed')
    await untilWritten(deps, givenUp, async (withHistory) => {
      const isAway = withHistory && isDependencyAway(error)
      const since = isAway ? await postponedSince(db, attempt) : undefined
      const awaySeconds = (endedAt - (since ?? endedAt)) / 1000
      const verdict = stopping.aborted ? interrupted(row) : judge(error, row, job, awaySeconds)
      const end = { ...attempt, endedAt, error, outcome: verdict.outcome }
      // Put off every minute for a day, a job would have more rows than all others together: the first one tells of them all.
      const isKnown = verdict.outcome === 'postponed' && since !== undefined
      const written = { worker, withHistory: withHistory && !isKnown }
      const isHeld = await inTransaction(db, (trx) => reportFailure(trx, end, verdict, written))
      if (!isHeld) log.warn({ lost: 1 }, 'jobs ended that this worker held no more')
    })
  }

  return {
    succeeded: (attempt) =>
      new Promise((written) => {
        waiting.push({ end: { ...attempt, endedAt: Date.now(), outcome: 'succeeded' }, written })
        // Not at once: what ends in the same turn is written together.
        writing ??= new Promise<void>((turn) => setImmediate(turn)).then(writeAll)
      }),
    failed(attempt, error) {
      const written = writeFailure(attempt, error).finally(() => failing.delete(written))
      failing.add(written)
      return written
    },
    async room() {
      while (waiting.length >= unwritten) await writing
    },
    async drained() {
      while (writing || failing.size > 0) await Promise.all([writing, ...failing])
    },
  }
}

/**
 * History is worth having, but no job: where it can't be written, the rest is. That is written sooner or later, whatever is wrong with
 * the database, as nobody else frees what a living worker has locked.
 */
async function untilWritten(
  { log }: Pick<Deps, 'log'>,
  givenUp: AbortSignal,
  write: (withHistory: boolean) => Promise<void>,
): Promise<void> {
  let waitMs = 250
  for (let withHistory = true; !givenUp.aborted;) {
    try {
      return await write(withHistory)
    } catch (err) {
      if (withHistory && toFailure(err).apiCode !== 'UNAVAILABLE') {
        log.warn({ err }, 'the history of a job could not be written')
        withHistory = false
        continue
      }
      log.warn({ err }, 'the end of a job waits for the database')
      waitMs = Math.min(5_000, waitMs * 2)
      await sleep(waitMs, undefined, { signal: givenUp }).catch(() => {})
    }
  }
}

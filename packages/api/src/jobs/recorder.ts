import { setTimeout as sleep } from 'node:timers/promises'
import { inTransaction } from '../db.ts'
import type { Deps } from '../deps.ts'
import { toFailure } from '../errors.ts'
import type { Attempt } from './attempt.ts'
import type { Job } from './define.ts'
import { completeJobs, reportFailure } from './endings.ts'
import { postponedSince, type End } from './history.ts'
import { interrupted, judge } from './retry.ts'

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

export function createRecorder(deps: Deps, { worker, stopping, givenUp }: RecorderOptions): Recorder {
  const { db, log } = deps
  const waiting: { end: End; written(): void }[] = []
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

  return {
    succeeded: (attempt) =>
      new Promise((written) => {
        waiting.push({ end: { ...attempt, endedAt: Date.now(), outcome: 'succeeded' }, written })
        // Not at once: what ends in the same turn is written together.
        writing ??= new Promise<void>((turn) => setImmediate(turn)).then(writeAll)
      }),
    async failed(attempt, error) {
      const { job, row } = attempt
      const endedAt = Date.now()
      log.warn({ err: error, job: job.name, jobId: row.id, attempt: row.attempts }, 'a job failed')
      await untilWritten(deps, givenUp, async (withHistory) => {
        const awaySeconds = (endedAt - ((await postponedSince(db, attempt)) ?? endedAt)) / 1000
        const verdict = stopping.aborted ? interrupted(row) : judge(error, row, job, awaySeconds)
        const end = { ...attempt, endedAt, error, outcome: verdict.outcome }
        const isHeld = await inTransaction(db, (trx) =>
          reportFailure(trx, end, verdict, { worker, withHistory }),
        )
        if (!isHeld) log.warn({ lost: 1 }, 'jobs ended that this worker held no more')
      })
    },
    async room() {
      while (waiting.length >= unwritten) await writing
    },
    async drained() {
      while (writing) await writing
    },
  }
}

/**
 * History is worth having, but no job: where it can't be written, the rest is. A database that is away is waited for, as its
 * locks hold until somebody takes this worker for dead.
 */
async function untilWritten(
  { log }: Pick<Deps, 'log'>,
  givenUp: AbortSignal,
  write: (withHistory: boolean) => Promise<void>,
): Promise<void> {
  for (let withHistory = true; !givenUp.aborted;) {
    try {
      return await write(withHistory)
    } catch (err) {
      if (toFailure(err).apiCode === 'UNAVAILABLE') {
        log.warn({ err }, 'the end of a job waits for the database')
        await sleep(500)
      } else if (withHistory) {
        log.warn({ err }, 'the history of a job could not be written')
        withHistory = false
      } else {
        log.error({ err }, 'the end of a job could not be written; it will be run again')
        return
      }
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { Logger, run, type Runner, type WorkerEvents, type WorkerPool } from 'graphile-worker'
import { EventEmitter } from 'node:events'
import { createPool } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { Job } from './define.ts'
import { beat, beatMs, freeJobsOfTheDead, leave, returnJobs } from './heartbeat.ts'
import { toCrontab, toTaskList } from './tasks.ts'

const concurrency = 5

export interface JobRunner {
  isRunning(): boolean
  /** Lets running jobs finish for up to 10 s; what still runs then is returned, for another worker to run again. */
  stop(): Promise<void>
}

interface Run {
  runner: Runner
  heart: Heart
}

/** Runs jobs until it is stopped; a lost database ends a run, not the runner. `url` must not be a pooler's. */
export function startRunner(deps: Deps, jobs: readonly Job[], url: string, graceMs = 10_000): JobRunner {
  const stopping = new AbortController()
  let current: Run | undefined
  const ended = superviseRuns()

  return {
    isRunning: () => current !== undefined,
    async stop() {
      stopping.abort()
      if (current) await stopWithin(current, graceMs)
      await ended
    },
  }

  async function superviseRuns() {
    while (!stopping.signal.aborted) {
      await runUntilItEnds().catch((err: unknown) => deps.log.warn({ err }, 'the job runner stopped'))
      current = undefined
      await sleep(1_000, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  async function runUntilItEnds() {
    const pool = createPool({ url, log: deps.log, max: concurrency + 2 })
    const events: WorkerEvents = new EventEmitter()
    const heart = startHeart(deps, events)
    onBlindStart(events, () => void current?.runner.stop().catch(() => {}))
    try {
      const runner = await run({
        pgPool: pool,
        taskList: toTaskList(jobs, deps, pool),
        crontab: toCrontab(jobs),
        concurrency,
        pollInterval: 2_000,
        noHandleSignals: true,
        events,
        logger: quietLogger(deps),
      })
      current = { runner, heart }
      if (stopping.signal.aborted) await runner.stop()
      await runner.promise
    } finally {
      await heart.stop()
      await pool.end()
    }
  }
}

/**
 * Graphile Worker looks up its tasks with the first job that it asks for, and when that fails it keeps the failure:
 * such a run would never do a job, and has to start again.
 */
function onBlindStart(events: WorkerEvents, restart: () => void) {
  let hasTasks = false
  events.once('worker:getJob:empty', () => (hasTasks = true))
  events.once('job:start', () => (hasTasks = true))
  events.on('worker:getJob:error', () => {
    if (!hasTasks) restart()
  })
}

async function stopWithin({ runner, heart }: Run, ms: number) {
  const stopped = runner.stop().catch(() => {})
  const isLate = await Promise.race([stopped, sleep(ms, true, { ref: false })])
  if (!isLate) return
  await heart.giveUp()
  await stopped
}

interface Heart {
  /** Returns the jobs that this run still holds, and waits for them no longer. */
  giveUp(): Promise<void>
  stop(): Promise<void>
}

/** Beats for the pool of workers that this run makes, and frees the jobs of those that beat no more. */
function startHeart({ db, log }: Deps, events: WorkerEvents): Heart {
  let pool: WorkerPool | undefined
  const tick = async () => {
    if (pool) await beat(db, pool.id)
    await freeJobsOfTheDead(db)
  }
  const tickSafely = () =>
    void tick().catch((err: unknown) => log.warn({ err }, 'no heartbeat could be written'))
  events.on('pool:create', ({ workerPool }) => {
    pool = workerPool
    tickSafely()
  })
  const timer = setInterval(tickSafely, beatMs)
  return {
    async giveUp() {
      if (!pool) return
      await returnJobs(db, pool.id)
      // `runner.kill()` does nothing once the pool is shutting down.
      await pool.forcefulShutdown('The worker stops')
    },
    async stop() {
      clearInterval(timer)
      if (pool) await leave(db, pool.id).catch(() => {})
    },
  }
}

/** Failures are logged where they are judged; the rest of what Graphile Worker says is for debugging. */
export function quietLogger({ log }: Pick<Deps, 'log'>): Logger {
  return new Logger(() => (level, message) => {
    if (level === 'error' || level === 'warning') log.warn({ from: 'graphile-worker' }, message)
    else log.debug({ from: 'graphile-worker' }, message)
  })
}

import { setTimeout as sleep } from 'node:timers/promises'
import { Logger, run, type Runner, type WorkerEvents } from 'graphile-worker'
import { EventEmitter } from 'node:events'
import { createPool } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { Job } from './define.ts'
import { beat, beatMs, freeJobsOfTheDead, leave } from './heartbeat.ts'
import { toCrontab, toTaskList } from './tasks.ts'

const concurrency = 5

export interface JobRunner {
  isRunning(): boolean
  /** Lets running jobs finish for up to 10 s; what is still locked then is freed by another worker. */
  stop(): Promise<void>
}

/** Runs jobs until it is stopped; a lost database ends a run, not the runner. `url` must not be a pooler's. */
export function startRunner(deps: Deps, jobs: readonly Job[], url: string): JobRunner {
  const stopping = new AbortController()
  let current: Runner | undefined
  const ended = superviseRuns()

  return {
    isRunning: () => current !== undefined,
    async stop() {
      stopping.abort()
      await current?.stop().catch(() => {})
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
    try {
      current = await run({
        pgPool: pool,
        taskList: toTaskList(jobs, deps, pool),
        crontab: toCrontab(jobs),
        concurrency,
        pollInterval: 2_000,
        noHandleSignals: true,
        events,
        logger: quietLogger(deps),
      })
      if (stopping.signal.aborted) await current.stop()
      await current.promise
    } finally {
      await heart.stop()
      await pool.end()
    }
  }
}

/** Beats for the pool of workers that this run makes, and frees the jobs of those that beat no more. */
function startHeart({ db, log }: Deps, events: WorkerEvents) {
  let poolId: string | undefined
  const tick = async () => {
    if (poolId) await beat(db, poolId)
    await freeJobsOfTheDead(db)
  }
  const tickSafely = () =>
    void tick().catch((err: unknown) => log.warn({ err }, 'no heartbeat could be written'))
  events.on('pool:create', ({ workerPool }) => {
    poolId = workerPool.id
    tickSafely()
  })
  const timer = setInterval(tickSafely, beatMs)
  return {
    async stop() {
      clearInterval(timer)
      if (poolId) await leave(db, poolId).catch(() => {})
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

import { EventEmitter } from 'node:events'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  Logger,
  run,
  type Job as GraphileJob,
  type ParsedCronItem,
  type Runner,
  type TaskList,
  type WorkerEvents,
  type WorkerPool,
} from 'graphile-worker'
import type { Kysely } from 'kysely'
import type pg from 'pg'
import { createDatabase, type Database } from '../db.ts'
import type { Deps } from '../deps.ts'
import type { Running } from './attempt.ts'
import { leave, startHeart, type Heart } from './heartbeat.ts'
import { createLanePool } from './lane-pool.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { deadAfterSeconds } from './rescue.ts'
import type { TaskContext } from './tasks.ts'

/** One half of a worker. */
export interface Lane {
  /** It takes a job from the database when it begins it, and no other. */
  isCareful: boolean
  /** Jobs at a time. */
  concurrency: number
  tasks(context: TaskContext): TaskList
  crons: ParsedCronItem[]
}

/** Jobs that were taken ahead wait this long for their turn, then others may have them. */
const patienceMs = 2_000
const takenAhead = 20
const firstJobsMs = 10_000
const pollInterval = 2_000
/** A connection that hangs must not hold up the next try for ever. */
const startMs = 30_000

export const workerName = `${hostname()}:${process.pid}`

/** One run of a lane: until it loses the database, is taken for dead, or the process stops. */
export class LaneRun {
  /** Why it is over. */
  readonly over: Promise<string>
  readonly #deps: Deps
  readonly #pool: pg.Pool
  /** Of its own, as what says that it lives must wait for no job; the second one frees the jobs of the dead. */
  readonly #beats: Kysely<Database>
  /** Of its own, too: jobs that all wait for a connection could not end otherwise. */
  readonly #ends: Kysely<Database>
  readonly #recorder: Recorder
  readonly #running: Running = new Map()
  readonly #stopping = new AbortController()
  readonly #givenUp = new AbortController()
  readonly #end: (reason: string) => void
  readonly #wasCutOff: boolean
  #isOver = false
  #isStopping = false
  #isReleased = false
  #closed: Promise<void> | undefined
  #disconnected: Promise<void> | undefined
  #heart: Heart | undefined
  #workers: WorkerPool | undefined
  #runner: Runner | undefined

  /** `url` must not be a pooler's. `wasCutOff` says that it follows a run that lost the database. */
  static async start(lane: Lane, deps: Deps, url: string, wasCutOff: boolean): Promise<LaneRun> {
    const started = new LaneRun(lane, deps, url, wasCutOff)
    await started.#start(lane)
    return started
  }

  private constructor({ concurrency }: Lane, deps: Deps, url: string, wasCutOff: boolean) {
    this.#wasCutOff = wasCutOff
    const { promise, resolve } = Promise.withResolvers<string>()
    this.over = promise
    this.#end = (reason) => {
      this.#isOver = true
      resolve(reason)
    }
    this.#deps = deps
    const { log } = deps
    this.#pool = createLanePool({ url, log, max: concurrency + 2 })
    this.#beats = createDatabase({ url, log, max: 2 })
    this.#ends = createDatabase({ url, log, max: 3 })
    this.#recorder = createRecorder(
      { db: this.#ends, log },
      {
        worker: workerName,
        stopping: this.#stopping.signal,
        givenUp: this.#givenUp.signal,
      },
    )
  }

  async #start(lane: Lane): Promise<void> {
    const events: WorkerEvents = new EventEmitter()
    events.once('pool:create', ({ workerPool }) => this.#join(lane, workerPool))
    // A completion that failed is enough for it to shut down, and to wait for minutes until it has returned what it took.
    events.once('pool:gracefulShutdown', () => this.#isStopping || this.#end('it shuts down'))
    events.once('pool:release', () => (this.#isReleased = true))
    // PostgreSQL returns the rows that it updates in no order.
    events.on('localQueue:getJobs:complete', ({ jobs }) => void jobs.sort(byTurn))
    endWithoutFirstJobs(events, this.#end)
    try {
      this.#runner = await inTime(
        startMs,
        run({
          pgPool: this.#pool,
          taskList: lane.tasks(this.#context()),
          parsedCronItems: lane.crons,
          noHandleSignals: true,
          events,
          logger: quietLogger(this.#deps),
          preset: { worker: presetOf(lane) },
        }),
      )
      this.#runner.promise.then(
        () => this.#end('it ended'),
        (error: unknown) => this.#end(String(error)),
      )
    } catch (error) {
      this.#end('it did not start')
      await within(startMs, this.settle())
      throw error
    }
  }

  #join({ isCareful }: Lane, workers: WorkerPool): void {
    this.#workers = workers
    const running = () => [...this.#running.keys()]
    const beat = { id: workers.id, name: workerName, isCareful, running }
    const onDeath = () => {
      this.#end('it was cut off')
      this.#askToEnd('Another worker may have begun this job anew')
    }
    const { log } = this.#deps
    this.#heart = startHeart({ db: this.#beats, log, beat, wasCutOff: this.#wasCutOff, onDeath })
  }

  #context(): TaskContext {
    const isOver = () => {
      // After a silence others have begun anew what this one had taken.
      if (!this.#isOver && this.#heart?.isStale()) this.#end('it was cut off')
      return this.#isOver
    }
    return { deps: this.#deps, recorder: this.#recorder, running: this.#running, isOver }
  }

  /** Lets running jobs finish until `graceMs` have passed, half-way asks them to end, and then returns what still runs. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    const stopped = this.#runner?.stop().catch(() => {})
    const asking = setTimeout(() => this.#askToEnd('The worker stops'), graceMs / 2)
    await within(graceMs, stopped)
    clearTimeout(asking)
    this.#end('the worker stops')
    this.#askToEnd('The worker stops')
    // A database that hangs must not hold up the end of the process.
    await within(1_500, this.#recorder.drained())
    this.#givenUp.abort()
    await within(1_000, this.#leave())
    await within(1_000, this.#close())
    // What it was asking for meanwhile.
    await within(500, this.#leave())
    await within(500, this.#disconnect())
  }

  #askToEnd(reason: string): void {
    this.#stopping.abort()
    for (const control of this.#running.values()) control.abort(new Error(reason))
  }

  /** Behind a run that is over: what still runs may end yet, and be written, before the rest is returned. */
  async settle(): Promise<void> {
    const closed = this.#close()
    const until = Date.now() + deadAfterSeconds * 1000
    while (this.#running.size > 0 && Date.now() < until && !this.#givenUp.signal.aborted) await sleep(250)
    this.#askToEnd('Another worker may begin this job anew')
    await this.#recorder.drained()
    while (!this.#givenUp.signal.aborted && !(await this.#leave())) await sleep(1_000)
    await closed
    await this.#leave()
    await this.#disconnect()
  }

  /** @returns whether it could */
  async #leave(): Promise<boolean> {
    try {
      if (this.#workers) await leave(this.#beats, this.#workers.id)
      return true
    } catch {
      return false
    }
  }

  #close(): Promise<void> {
    return (this.#closed ??= this.#closeOnce())
  }

  async #closeOnce(): Promise<void> {
    this.#heart?.stop()
    // `runner.kill()` does nothing once the pool is shutting down.
    if (!this.#isReleased)
      await Promise.resolve(this.#workers?.forcefulShutdown('The run is over')).catch(() => {})
    // What hangs in the network is left behind.
    await within(deadAfterSeconds * 1000, this.#pool.end())
  }

  #disconnect(): Promise<void> {
    return (this.#disconnected ??= this.#disconnectOnce())
  }

  async #disconnectOnce(): Promise<void> {
    await within(deadAfterSeconds * 1000, Promise.all([this.#beats.destroy(), this.#ends.destroy()]))
  }
}

/** Waits for it, but no longer than that. */
export const within = (ms: number, work: Promise<unknown> | undefined) =>
  Promise.race([work, sleep(ms, undefined, { ref: false })])

async function inTime<T>(ms: number, work: Promise<T>): Promise<T> {
  const result = await within(ms, work)
  if (result === undefined) throw new Error('It did not start in time')
  return result as T
}

/** Graphile Worker keeps a failure to look up its tasks, and would ask in vain for ever. */
function endWithoutFirstJobs(events: WorkerEvents, end: (reason: string) => void): void {
  const timer = setTimeout(() => end('no job could be asked for'), firstJobsMs)
  timer.unref()
  for (const event of [
    'localQueue:getJobs:complete',
    'worker:getJob:empty',
    'job:start',
    'pool:release',
  ] as const)
    events.once(event, () => clearTimeout(timer))
}

const byTurn = (a: Turn, b: Turn) =>
  a.priority - b.priority || a.run_at.getTime() - b.run_at.getTime() || Number(a.id) - Number(b.id)

type Turn = Pick<GraphileJob, 'id' | 'priority' | 'run_at'>

const presetOf = ({ isCareful, concurrency }: Lane) =>
  isCareful ? carefulPreset(concurrency) : fastPreset(concurrency)

/**
 * Graphile Worker deletes what the recorder has left of a job, which is nothing; many such at a time. One by one, a database that is
 * lost just then would be an error that nobody catches, and the end of the process.
 */
const carefulPreset = (concurrency: number) => ({
  concurrentJobs: concurrency,
  pollInterval,
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
})

export const fastPreset = (concurrency: number) => ({
  ...carefulPreset(concurrency),
  localQueue: { size: takenAhead * concurrency, ttl: patienceMs },
})

/** Failures are logged where they are judged; the rest of what Graphile Worker says is for debugging. */
export function quietLogger({ log }: Pick<Deps, 'log'>): Logger {
  return new Logger(() => (level, message) => {
    if (level === 'error' || level === 'warning') log.warn({ from: 'graphile-worker' }, message)
    else log.debug({ from: 'graphile-worker' }, message)
  })
}

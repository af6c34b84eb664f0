import { setTimeout as sleep } from 'node:timers/promises'
import type { Deps } from '../deps.ts'
import { watchOutage } from '../outage.ts'
import { toCronItems } from './crons.ts'
import type { Job } from './define.ts'
import { LaneRun, within, type Lane } from './run.ts'
import { startSampling } from './samples.ts'
import { carefulTasks, fastTasks } from './tasks.ts'

export interface JobRunner {
  isRunning(): boolean
  /** Lets running jobs finish for up to 10 s; what still runs then is returned, for another worker to run again. Twice is harmless. */
  stop(): Promise<void>
}

export interface RunnerOptions {
  /** Of the database itself, not of a pooler. */
  url: string
  /** Jobs at a time; and half as many, with a queue, one by one. */
  concurrency?: number
  graceMs?: number
}

/** Runs jobs until it is stopped; a lost database ends a run, not the runner. */
export function startRunner(
  deps: Deps,
  jobs: readonly Job[],
  { url, concurrency = 10, graceMs = 10_000 }: RunnerOptions,
): JobRunner {
  const lanes = lanesOf(jobs, concurrency).map((lane) => superviseLane(lane, deps, url))
  const sampling = startSampling(deps)
  return {
    isRunning: () => lanes.every((lane) => lane.isRunning()),
    async stop() {
      sampling.stop()
      await Promise.all(lanes.map((lane) => lane.stop(graceMs)))
    },
  }
}

function lanesOf(jobs: readonly Job[], concurrency: number): Lane[] {
  const fast: Lane = {
    isCareful: false,
    concurrency,
    tasks: (context) => fastTasks(jobs, context),
    crons: [],
  }
  const careful: Lane = {
    isCareful: true,
    concurrency: Math.ceil(concurrency / 2),
    tasks: (context) => carefulTasks(jobs, context),
    crons: toCronItems(jobs),
  }
  // Graphile Worker refuses to start with nothing to do.
  return jobs.some(({ queue }) => queue === undefined) ? [fast, careful] : [careful]
}

interface SupervisedLane {
  isRunning(): boolean
  stop(graceMs: number): Promise<void>
}

function superviseLane(lane: Lane, deps: Deps, url: string): SupervisedLane {
  const stopping = new AbortController()
  const settling = new Set<LaneRun>()
  let current: LaneRun | undefined
  let wasCutOff = false
  const outage = watchOutage(deps.log, { away: 'the job runner stopped', back: 'the job runner runs again' })
  const ended = supervise()

  async function supervise() {
    while (!stopping.signal.aborted) {
      await runUntilItIsOver().catch((err: unknown) => {
        if (!stopping.signal.aborted) outage.began(err)
      })
      current = undefined
      wasCutOff = true
      await sleep(1_000, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  async function runUntilItIsOver() {
    const run = (current = await LaneRun.start(lane, deps, url, wasCutOff))
    outage.ended()
    if (stopping.signal.aborted) return run.stop(0)
    const reason = await run.over
    if (stopping.signal.aborted) return
    settling.add(run)
    void run.settle().finally(() => settling.delete(run))
    throw new Error(reason)
  }

  async function stopOnce(graceMs: number) {
    stopping.abort()
    const open = new Set(current ? [current, ...settling] : settling)
    await Promise.all([...open].map((run) => run.stop(graceMs)))
    // A start that hangs is left behind.
    await within(6_000, ended)
  }

  let stopped: Promise<void> | undefined
  return { isRunning: () => current !== undefined, stop: (graceMs) => (stopped ??= stopOnce(graceMs)) }
}

import type { Job as GraphileJob, Task, TaskList } from 'graphile-worker'
import type { Deps } from '../deps.ts'
import { runAttempt, type Running } from './attempt.ts'
import type { Job } from './define.ts'
import { carefulName } from './lanes.ts'
import type { Recorder } from './recorder.ts'

/** What the tasks of one run of the worker share. */
export interface TaskContext {
  deps: Deps
  recorder: Recorder
  running: Running
  /** True once this run is over, or was taken for dead: what it holds may be somebody else's. */
  isOver(): boolean
}

/**
 * Jobs are taken from the database by one of two lanes. The fast one takes many ahead, and goes on to the next before the end of
 * the last is written. The careful one takes a job when it begins it: for jobs with a queue, whose order that keeps, and
 * for those that a dead worker held, since one of them may have been its death, and only what was begun may count as an attempt.
 */
export const fastTasks = (jobs: readonly Job[], context: TaskContext): TaskList =>
  toTaskList(
    jobs.filter((job) => job.queue === undefined),
    (job) => [job.name, fastTask(job, context)],
  )

export const carefulTasks = (jobs: readonly Job[], context: TaskContext): TaskList => ({
  // By both names: what was freed when a former release had no queue for it is run, too.
  ...toTaskList(jobs, (job) => [carefulName(job.name), carefulTask(job, context)]),
  ...toTaskList(
    jobs.filter(({ queue }) => queue !== undefined),
    (job) => [job.name, carefulTask(job, context)],
  ),
})

/** All of them in one, carefully. */
export const allTasks = (jobs: readonly Job[], context: TaskContext): TaskList => ({
  ...carefulTasks(jobs, context),
  ...toTaskList(jobs, (job) => [job.name, carefulTask(job, context)]),
})

const toTaskList = (jobs: readonly Job[], toEntry: (job: Job) => [string, Task]): TaskList =>
  Object.fromEntries(jobs.map(toEntry))

function fastTask(job: Job, context: TaskContext): Task {
  return async (_payload, { job: row }) => {
    const { error, end } = await begin(job, context, row)
    // Each failure takes a transaction: a thousand at a time would leave no connection for anything else.
    await (error ? end : context.recorder.room())
    await told(context)
  }
}

function carefulTask(job: Job, context: TaskContext): Task {
  return async (_payload, { job: row }) => {
    const { end } = await begin(job, context, row)
    await end
    await told(context)
  }
}

/**
 * Once its run is over, Graphile Worker must not be told of an end, not of one either that waited for a database that was away: what
 * it throws then nobody catches, and the process is gone.
 */
const told = ({ isOver }: TaskContext) => (isOver() ? never() : undefined)

/** A new one each time: what waits for one that lives for ever is never let go of. */
const never = () => new Promise<never>(() => {})

/** Resolves when the attempt is over; `end` when that is written. */
async function begin(job: Job, { deps, recorder, running, isOver }: TaskContext, given: GraphileJob) {
  const attempt = { job, row: { ...given }, startedAt: Date.now() }
  takeFromGraphile(given)
  if (isOver()) return never()
  const error = await runAttempt(job, attempt.row, deps, running)
  const end = error ? recorder.failed(attempt, error) : recorder.succeeded(attempt)
  return { error, end }
}

/**
 * Graphile Worker deletes a job that it has run by its id, whoever holds it by then, and knows one backoff. So the end is written
 * by the recorder, and what Graphile Worker then deletes is a job that never was.
 */
function takeFromGraphile(row: GraphileJob): void {
  Object.assign(row, { id: '0', job_queue_id: null })
}

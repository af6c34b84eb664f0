import type { Job as GraphileJob } from 'graphile-worker'
import type { Deps } from '../deps.ts'
import type { Job } from './define.ts'
import { PermanentJobError } from './errors.ts'
import { wasReplaced } from './replaced.ts'

export interface Attempt {
  job: Pick<Job, 'name'>
  /** As Graphile Worker has it. */
  row: Pick<
    GraphileJob,
    'id' | 'key' | 'flags' | 'attempts' | 'max_attempts' | 'payload' | 'locked_by' | 'last_error'
  >
  startedAt: number
}

/** Those that are under way in one run of the worker. */
export type Running = Map<string, AbortController>

/** @returns the error that it failed with; undefined after success */
export async function runAttempt(
  job: Job,
  row: GraphileJob,
  deps: Deps,
  running: Running,
): Promise<Error | undefined> {
  const control = new AbortController()
  running.set(row.id, control)
  try {
    if (wasReplaced(row)) throw new PermanentJobError('Another job took its place')
    const parsed = job.payload.safeParse(row.payload)
    if (!parsed.success) throw new PermanentJobError(`The payload is not one of ${job.name}`)
    const run = { id: row.id, attempt: row.attempts, signal: control.signal }
    await inTime(job, control, job.run(deps, parsed.data, run))
    return undefined
  } catch (thrown) {
    return errorOf(thrown)
  } finally {
    running.delete(row.id)
  }
}

/** A job that does not heed its signal goes on all the same; its attempt is over. */
function inTime({ timeoutSeconds }: Job, control: AbortController, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const late = new JobTimeoutError(`It took longer than ${timeoutSeconds} s`)
      control.abort(late)
      reject(late)
    }, timeoutSeconds * 1000)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Anything can be thrown; what comes after must be able to read it. */
function errorOf(thrown: unknown): Error {
  try {
    if (!(thrown instanceof Error)) return new Error(`A job threw ${String(thrown)}`)
    const texts: unknown[] = [thrown.name, thrown.message, thrown.stack ?? '']
    return texts.every((text) => typeof text === 'string') ? thrown : new Error('A job threw a strange error')
  } catch {
    return new Error('A job threw what can not be told')
  }
}

export class JobTimeoutError extends Error {
  override name = 'JobTimeoutError'
}

import { sql, type Kysely } from 'kysely'
import { inTransaction, type Database } from '../db.ts'
import type { Deps } from '../deps.ts'
import { publish } from '../live/publish.ts'
import { liveState } from './states.ts'

const intervalSeconds = 15
/** Every job is read for it, so that a long line makes it slow: it is not to take more than a twentieth of the time. */
const rest = 20

interface Options {
  /** Counting is given up then. */
  timeoutMs?: number
  schedule?: (work: () => void, ms: number) => NodeJS.Timeout
}

/** Counts the jobs in each queue by their state, every 15 s or as rarely as it is slow; of several workers one does. */
export function startSampling(
  { db, log }: Pick<Deps, 'db' | 'log'>,
  { timeoutMs, schedule = setTimeout }: Options = {},
): { stop(): void } {
  let isStopped = false
  let timer = schedule(sample, pauseMs(0))

  function sample() {
    const begunAt = performance.now()
    void takeSample(db, timeoutMs)
      .catch((err: unknown) => log.warn({ err }, 'the queues could not be counted'))
      .then(() => {
        if (!isStopped) timer = schedule(sample, pauseMs(performance.now() - begunAt))
      })
  }

  function stop() {
    isStopped = true
    clearTimeout(timer)
  }

  return { stop }
}

/** @param tookMs how long the last one took, taken or not */
export const pauseMs = (tookMs: number) => Math.max(intervalSeconds * 1000 - tookMs, rest * tookMs)

/** @returns whether this call took the sample of the present interval */
export function takeSample(db: Kysely<Database>, timeoutMs = 10_000): Promise<boolean> {
  return inTransaction(db, async (trx) => {
    await sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`.execute(trx)
    const { rows } = await sql<{ queue: string; waiting: number; failed: number }>`
      with moment as (
        select date_bin(${sql.lit(`${intervalSeconds} seconds`)}, now(), '2000-01-01Z') as at
        where pg_try_advisory_xact_lock(hashtext('queue_samples'))
      )
      insert into queue_samples (at, queue, waiting, scheduled, retrying, running, failed)
      select moment.at, coalesce(counted.queue, ''),
             coalesce(waiting, 0), coalesce(scheduled, 0), coalesce(retrying, 0), coalesce(running, 0), coalesce(failed, 0)
      from moment left join lateral (
        select coalesce(queues.queue_name, '') as queue,
               count(*) filter (where state = 'waiting') as waiting,
               count(*) filter (where state = 'scheduled') as scheduled,
               count(*) filter (where state = 'retrying') as retrying,
               count(*) filter (where state = 'running') as running,
               count(*) filter (where state = 'failed') as failed
        from (select job_queue_id, ${liveState} as state from graphile_worker._private_jobs jobs) jobs
        left join graphile_worker._private_job_queues queues on queues.id = jobs.job_queue_id
        group by 1
      ) counted on true
      where not exists (select 1 from queue_samples sampled where sampled.at = moment.at)
      on conflict do nothing
      returning queue, waiting, scheduled, retrying, running, failed`.execute(trx)
    if (rows.length === 0) return false
    await publish(trx, {
      topic: 'jobs',
      kind: 'queues.sampled',
      userId: null,
      data: { queues: rows.slice(0, 20) },
    })
    return true
  })
}

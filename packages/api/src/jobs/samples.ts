import { sql, type Kysely } from 'kysely'
import { inTransaction, type Database } from '../db.ts'
import type { Deps } from '../deps.ts'
import { publish } from '../live/publish.ts'
import { liveState } from './states.ts'

const intervalSeconds = 15

/** Counts the jobs in each queue by their state, every 15 s; of several workers one does. */
export function startSampling({ db, log }: Deps): { stop(): void } {
  const sample = () =>
    void takeSample(db).catch((err: unknown) => log.warn({ err }, 'the queues could not be counted'))
  const timer = setInterval(sample, intervalSeconds * 1000)
  return { stop: () => clearInterval(timer) }
}

/** @returns whether this call took the sample of the present interval */
export function takeSample(db: Kysely<Database>): Promise<boolean> {
  return inTransaction(db, async (trx) => {
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

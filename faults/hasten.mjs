import { hostname } from 'node:os'

/** As if a worker that was killed had been silent for as long as it takes to be taken for dead. */
export async function makeDead(ask, pid) {
  const aged = "now() - interval '31 seconds'"
  await ask(`update workers set seen_at = ${aged} where name = $1`, [workerNameOf(pid)])
  // One that was killed before its first heartbeat has no row.
  for (const table of ['_private_jobs', '_private_job_queues'])
    await ask(`
      update graphile_worker.${table} set locked_at = ${aged}
      where locked_by in (select id from workers where seen_at < now() - interval '30 seconds')
         or (locked_by is not null and locked_by not in (select id from workers))`)
}

export const workerNameOf = (pid) => `${hostname()}:${pid}`

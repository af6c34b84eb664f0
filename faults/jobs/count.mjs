/** Half as many in the lane of those that have a queue: see `startRunner`. */
const jobsAtATime = 10 + 5

/** What is there, and what should be. */
export async function count({ ask, options, victims, restartedAt, locks, workersLeft, leftBehind }) {
  const { jobs, kills, restarts, workers } = options
  const [found] = await ask(figures)
  const again = await takenAgain(ask, victims, restartedAt)
  return [
    { name: 'jobs', value: found.jobs, least: jobs, most: jobs },
    { name: 'effects', value: found.effects },
    { name: 'effects missing', value: found.missing, most: 0 },
    { name: 'effects repeated', value: found.repeats, most: jobsAtATime * (kills + restarts * workers) },
    { name: 'attempts that began', value: found.starts },
    { name: 'locks from before the last fault, 60 s later', value: locks, most: 0 },
    { name: 'locks at the end', value: found.locks, most: 0 },
    { name: 'jobs failed', value: found.failed, most: 0 },
    { name: 'jobs not done', value: found.waiting, most: 0 },
    { name: 'jobs ended twice, by their history', value: found.twice, most: 0 },
    { name: 'jobs done without history', value: found.untold, most: 0 },
    { name: 'attempts that failed', value: found.retrying },
    { name: 'attempts that were postponed, as the database was away', value: found.postponed },
    { name: 'attempts that were interrupted', value: found.interrupted },
    { name: 'most attempts spent on a job', value: found.attempts },
    { name: 'jobs held by workers that were killed', value: again.length },
    { name: 'longest until one of them was taken again, s', value: seconds(Math.max(0, ...again)), most: 60 },
    { name: 'jobs that began beside another of their queue', value: found.overlaps, most: 0 },
    { name: 'jobs that began before an earlier one of their queue', value: found.disordered, most: 0 },
    { name: 'workers that ended by themselves', value: workersLeft, most: 0 },
    { name: 'workers that did not stop', value: leftBehind, most: 0 },
  ]
}

const seconds = (ms) => Math.round(ms / 100) / 10

/**
 * Milliseconds, of each job that was held, until another worker had it: it began, or was there when that one was killed, too. Those
 * whose end was on its way to PostgreSQL are not. Who lost the database judges nobody for a while, so it counts from its return.
 */
async function takenAgain(ask, victims, restartedAt) {
  const waits = []
  for (const { at, keys } of victims)
    for (const key of keys) {
      const takenAt = Math.min(await startAfter(ask, key, at), killAfter(victims, key, at))
      const since = Math.max(at, ...restartedAt.filter((restart) => restart < takenAt))
      if (takenAt < Infinity) waits.push(takenAt - since)
    }
  return waits
}

async function startAfter(ask, key, at) {
  const [{ ms }] = await ask(
    `select extract(epoch from min(at))::float8 * 1000 as ms
     from starts where key = $1 and at > to_timestamp($2 / 1000.0)`,
    [key, at],
  )
  return ms ?? Infinity
}

const killAfter = (victims, key, at) =>
  Math.min(
    ...victims.filter((victim) => victim.at > at && victim.keys.includes(key)).map((victim) => victim.at),
  )

const figures = `
  with started as (
    select key, worker, at, lead(at, 1, 'infinity') over (partition by key order by at) as next_at from starts
  ), runs as (
    select queue, started.at as started_at,
           (select min(at) from effects where effects.key = started.key and effects.worker = started.worker
              and effects.at > started.at and effects.at < started.next_at) as effect_at
    from wanted join started using (key) where queue is not null
  ), begun as (
    select key, at from starts
    -- One whose database was away as it began has no row of its own.
    union all select key, started_at from wanted join job_runs using (job_id) where outcome in ('retrying', 'postponed')
  ), first_starts as (
    select queue, place, min(at) as at from wanted join begun using (key) where wanted.queue is not null group by wanted.key
  ), ordered as (
    select at, max(at) over (partition by queue order by place rows between unbounded preceding and 1 preceding) as before
    from first_starts
  ), ended as (
    select job_id, count(*) as times from job_runs where outcome = 'succeeded' group by job_id
  )
  select
    (select count(*) from wanted)::int as jobs,
    (select count(distinct key) from effects)::int as effects,
    (select count(*) from wanted where not exists (select from effects where effects.key = wanted.key))::int as missing,
    (select count(*) - count(distinct key) from effects)::int as repeats,
    (select count(*) from starts)::int as starts,
    (select count(*) from graphile_worker._private_jobs where locked_at is not null)::int
      + (select count(*) from graphile_worker._private_job_queues where locked_at is not null)::int as locks,
    (select count(*) from job_runs where outcome = 'failed')::int as failed,
    (select count(*) from graphile_worker._private_jobs)::int as waiting,
    (select count(*) from ended where times > 1)::int as twice,
    (select count(*) from wanted where not exists (select from ended where ended.job_id = wanted.job_id))::int as untold,
    (select count(*) from job_runs where outcome = 'retrying')::int as retrying,
    (select count(*) from job_runs where outcome = 'postponed')::int as postponed,
    (select count(*) from job_runs where outcome = 'interrupted')::int as interrupted,
    (select coalesce(max(attempt), 0) from job_runs)::int as attempts,
    (select count(*) from runs join runs other using (queue)
     where other.started_at > runs.started_at and other.started_at < runs.effect_at)::int as overlaps,
    (select count(*) from ordered where at < before)::int as disordered`

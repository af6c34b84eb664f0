import { setTimeout as sleep } from 'node:timers/promises'
import { makeDataDir } from '../data-dir.mjs'
import { tell } from '../figures.mjs'
import { openQuestions, startPostgres } from '../postgres.mjs'
import { expectTogether } from '../together.mjs'
import { breakAll } from './break.mjs'
import { count } from './count.mjs'
import { tables } from './definitions.mjs'
import { enqueueAll } from './enqueue.mjs'
import { makePlan } from './plan.mjs'
import { startWorkers } from './workers.mjs'

/** Jobs are enqueued and done while workers and PostgreSQL are killed: every effect must be there. */
export async function run(options, stopping) {
  const { signal, together } = expectTogether(stopping)
  await using opened = new AsyncDisposableStack()
  const plan = makePlan(options)
  const postgres = await startPostgres(await makeDataDir(opened), opened)
  const { url } = postgres
  const ask = openQuestions(url, opened, signal)
  await ask(tables)
  const workers = startWorkers(options.workers, { url, opened })
  await workers.ready(signal)
  const given = { workers, postgres, url, ask, startedAt: Date.now(), hasten: options.hasten, opened, signal }

  const [{ victims, restartedAt, lastAt }] = await together([breakAll(plan, given), enqueueAll(plan, given)])
  const locks = await untilDone(ask, lastAt, signal)
  const workersLeft = workers.lost()
  const leftBehind = await workers.stop()
  const broken = tell(await count({ ask, options, victims, restartedAt, locks, workersLeft, leftBehind }))
  if (broken.length > 0) tellOf(workers.logged)
  return broken
}

/**
 * Until nothing is left to do, or two minutes have passed since the last fault.
 *
 * @returns how many locks were still there a minute after the last fault that are older than it
 */
async function untilDone(ask, lastAt, signal) {
  let locks = 0
  let isCounted = false
  while (Date.now() < lastAt + 120_000) {
    const [{ left, old }] = await ask(
      `select count(*)::int as left, count(*) filter (where locked_at < to_timestamp($1 / 1000.0))::int as old
       from graphile_worker._private_jobs where attempts < max_attempts or locked_at is not null`,
      [lastAt],
    )
    if (left === 0) break
    if (!isCounted && Date.now() >= lastAt + 60_000) [locks, isCounted] = [old, true]
    await sleep(100, undefined, { signal })
  }
  return locks
}

/** What the workers said, by how often. */
function tellOf(logged) {
  const by = Map.groupBy(logged, ({ message, error }) => (error ? `${message}: ${error}` : message))
  for (const [text, entries] of [...by].toSorted(([, a], [, b]) => b.length - a.length).slice(0, 30))
    console.log(`${String(entries.length).padStart(6)} × ${text}`)
}

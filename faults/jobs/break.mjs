import { setTimeout as sleep } from 'node:timers/promises'
import { makeDead, workerNameOf } from '../hasten.mjs'

/**
 * Does what is planned at its time.
 *
 * @returns of each worker that was killed what it held, and when restarts were over
 */
export async function breakAll({ faults }, { workers, postgres, ask, startedAt, hasten, signal }) {
  const [victims, restartedAt] = [[], []]
  let lastAt = startedAt
  for (const { at, what, way, share } of faults) {
    await sleep(Math.max(0, startedAt + at * 1000 - Date.now()), undefined, { signal })
    if (what === 'postgres') await postgres.restart(way)
    else victims.push(await killOne(share))
    lastAt = Date.now()
    if (what === 'postgres') restartedAt.push(lastAt)
  }
  return { victims, restartedAt, lastAt }

  async function killOne(share) {
    const victim = await workers.choose(share, signal)
    await untilItHoldsJobs(victim)
    const at = await workers.kill(victim)
    const keys = await heldBy(victim)
    if (hasten) await makeDead(ask, victim.pid)
    return { at, keys }
  }

  /** For a second at most: who has nothing to do is killed, too. */
  async function untilItHoldsJobs(worker) {
    const until = Date.now() + 1_000
    while (Date.now() < until && (await heldBy(worker)).length === 0) await sleep(5, undefined, { signal })
  }

  async function heldBy({ pid }) {
    const held = await ask(
      `select payload ->> 'key' as key from graphile_worker._private_jobs
       where locked_by in (select id from workers where name = $1)`,
      [workerNameOf(pid)],
    )
    return held.map(({ key }) => key)
  }
}

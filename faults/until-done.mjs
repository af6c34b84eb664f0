import { setTimeout as sleep } from 'node:timers/promises'

/** Those of a server that was killed wait for 30 s. @returns how many jobs were not done within two minutes */
export async function untilDone(ask, since, signal) {
  for (;;) {
    const [{ left }] = await ask('select count(*)::int as left from graphile_worker._private_jobs')
    if (left === 0 || Date.now() > since + 120_000) return left
    await sleep(100, undefined, { signal })
  }
}

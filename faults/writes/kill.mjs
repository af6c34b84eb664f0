import { setTimeout as sleep } from 'node:timers/promises'
import { makeDead } from '../hasten.mjs'

/**
 * Kills the server in the midst of the writing, each time when a certain number was answered.
 *
 * @returns when the last kill was
 */
export async function killServer({ server, ask, written, chance, kills, writes, hasten, signal }) {
  const marks = Array.from({ length: kills }, () => chance.whole(1, Math.floor(writes * 0.95)))
  let lastAt = Date.now()
  for (const mark of marks.toSorted((a, b) => a - b)) {
    await written.reaches(mark, signal)
    await sleep(chance.between(0, 50), undefined, { signal })
    lastAt = Date.now()
    const pid = await server.killAndStart()
    if (hasten) await makeDead(ask, pid)
  }
  return lastAt
}

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../../packages/sdk/src/index.ts'

/** What a caller asks again about, with the same key: whether it was done is not known, or it was not done. */
const passing = new Set(['NETWORK', 'UNAVAILABLE', 'TIMEOUT', 'IDEMPOTENCY_IN_FLIGHT'])
const patienceMs = 120_000
/** Of so many answers one is lost on its way: what a server does that is killed between commit and answer, more often. */
const answersPerLoss = 20

/** Calls through the SDK, which retries by itself, and by a caller who does when the SDK gave up. */
export function createCalls({ url, written, chance, signal }) {
  async function lossyFetch(address, init) {
    const response = await countedFetch(address, init)
    if (chance.share() > 1 / answersPerLoss) return response
    written.lost++
    await response.body?.cancel()
    throw new TypeError('The answer was lost')
  }

  async function countedFetch(address, init) {
    try {
      const response = await fetch(address, init)
      if (response.headers.get('idempotent-replayed') === 'true') written.replayed++
      return response
    } catch (error) {
      written.cut++
      throw error
    }
  }

  /** @param {(options: object) => Promise<unknown>} call */
  async function untilAnswered(call) {
    const options = { context: { idempotencyKey: randomUUID() }, signal }
    for (const deadline = Date.now() + patienceMs; ;) {
      try {
        return await call(options)
      } catch (error) {
        signal.throwIfAborted()
        if (!passing.has(error.code) || Date.now() > deadline) throw error
        written.retries++
        await sleep(250 + Math.random() * 250, undefined, { signal })
      }
    }
  }

  const clientOf = (token) => createClient({ url, fetch: lossyFetch, ...(token && { token }) })
  return { clientOf, untilAnswered }
}

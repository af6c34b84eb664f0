import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Log } from '../deps.ts'
import { watchOutage } from '../outage.ts'
import { liveChannel } from './publish.ts'

export interface ListenerOptions {
  /** Not a pooler's: what is listened to belongs to a session. */
  url: string
  log: Log
  /** There may be events: one was published, or the connection is new and nobody knows what went by. */
  onWake(this: void): void
}

export interface Listener {
  stop(): Promise<void>
}

// A connection that was cut without a word is noticed by asking.
const checkMs = 10_000
// A server that is gone answers no farewell either.
const farewellMs = 1_000

/** Keeps one connection that listens, and makes a new one whenever it is lost. */
export function startListener({ url, log, onWake }: ListenerOptions): Listener {
  const stopping = new AbortController()
  const outage = watchOutage(log, {
    away: 'the connection that listens for live events was lost: they are looked for every few seconds',
    back: 'live events are listened for again',
  })
  let socket: Socket | undefined
  const stopped = keepListening()
  return {
    async stop() {
      stopping.abort()
      const timer = setTimeout(() => socket?.destroy(), farewellMs)
      await stopped
      clearTimeout(timer)
    },
  }

  async function keepListening() {
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      const reason = await listen(() => (failures = 0)).catch((error: unknown) => error)
      if (stopping.signal.aborted) return
      outage.began(reason)
      await sleep(Math.min(100 * 2 ** failures, 5_000), undefined, { signal: stopping.signal }).catch(
        () => {},
      )
    }
  }

  /** Until the connection is lost; why it was. */
  async function listen(onListening: () => void): Promise<unknown> {
    const ownSocket = (socket = new Socket())
    const client = new pg.Client({
      connectionString: url,
      stream: () => ownSocket,
      application_name: 'tenon-live',
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
    })
    const lost = untilLost(client)
    try {
      await client.connect()
      client.on('notification', onWake)
      await client.query(`listen ${liveChannel}`)
      onListening()
      outage.ended()
      onWake()
      return await lost.reason
    } finally {
      lost.forget()
      await client.end().catch(() => {})
    }
  }

  function untilLost(client: pg.Client) {
    const { promise: reason, resolve } = Promise.withResolvers<unknown>()
    const check = setInterval(() => void client.query('select').catch(resolve), checkMs)
    const stop = () => resolve(undefined)
    client.on('error', resolve).on('end', stop)
    stopping.signal.addEventListener('abort', stop)
    const forget = () => {
      clearInterval(check)
      stopping.signal.removeEventListener('abort', stop)
    }
    return { reason, forget }
  }
}

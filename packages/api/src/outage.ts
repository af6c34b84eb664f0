import type { Log } from './deps.ts'

export interface Outage {
  began(err: unknown): void
  ended(): void
}

/** Tells of an outage once when it begins and once when it ends, however much is tried in between. */
export function watchOutage(log: Log, messages: { away: string; back: string }): Outage {
  let isAway = false
  return {
    began(err) {
      if (!isAway) log.warn({ err }, messages.away)
      isAway = true
    },
    ended() {
      if (isAway) log.info({}, messages.back)
      isAway = false
    },
  }
}

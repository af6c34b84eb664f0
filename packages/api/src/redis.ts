import { Redis } from 'ioredis'
import type { Log } from './deps.ts'
import { watchOutage } from './outage.ts'

export interface RedisOptions {
  /** `redis:` or `rediss:`. */
  url: string
  log: Log
}

/**
 * Connects in the background and again whenever the connection is lost. While there is none, commands fail at once:
 * whoever uses it has another way. The caller's to end, with `redis.disconnect()`.
 */
export function createRedis({ url, log }: RedisOptions): Redis {
  const redis = new Redis(url, {
    connectTimeout: 2_000,
    commandTimeout: 300,
    disconnectTimeout: 500,
    retryStrategy: (attempt) => Math.min(100 * 2 ** attempt, 5_000),
    enableOfflineQueue: false,
    // What was sent may have been done: sent again, it would count twice.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
  })
  const outage = watchOutage(log, { away: 'Redis is away', back: 'Redis is back' })
  // Without a listener every failure is printed. Errors carry the command, a password with AUTH: only the text is kept.
  redis.on('error', ({ message, code }: NodeJS.ErrnoException) => outage.began({ message, code }))
  redis.on('ready', () => outage.ended())
  return redis
}

/**
 * Gives a connection up on which a command was not answered in time, so that not every command waits for it.
 * (`socketTimeout` would do that, too, but its clock outlives the connection and ends the next one.)
 */
export function reconnect(redis: Redis): void {
  // Commands that time out together end one connection, once.
  if (redis.stream.writable) redis.disconnect(true)
}

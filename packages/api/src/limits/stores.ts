import type { Redis } from 'ioredis'
import { CompiledQuery, type Kysely } from 'kysely'
import {
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible'
import type { Database } from '../db.ts'
import type { Log } from '../deps.ts'
import { reconnect } from '../redis.ts'
import { watchOutage } from '../outage.ts'

export interface Rule {
  keyPrefix: string
  points: number
  /** In seconds. */
  duration: number
  /** The store is asked even when the answer is known here. */
  isAlwaysAsked: boolean
}

/** A limiter that counts in a store, and in `next` while the store does not answer. */
export type Store = (rule: Rule, next: RateLimiterAbstract) => RateLimiterAbstract

export const inMemory = (rule: Rule): RateLimiterAbstract => new RateLimiterMemory(rule)

export function inPostgres(db: Kysely<Database>, log: Log): Store {
  const outage = watchOutage(log, {
    away: 'PostgreSQL does not count: limits are counted in this process',
    back: 'limits are counted in PostgreSQL again',
  })
  const storeClient = {
    // The name is dropped: behind a pooler, named statements are lost.
    async query({ text, values }: { text: string; values: unknown[] }) {
      try {
        const { rows } = await db.executeQuery(CompiledQuery.raw(text, values))
        outage.ended()
        return { rows, rowCount: rows.length }
      } catch (error) {
        outage.began(error)
        throw error
      }
    },
  }
  return (rule, next) =>
    new RateLimiterPostgres({
      ...shared(rule, next),
      storeClient,
      storeType: 'client',
      tableName: 'rate_limits',
      tableCreated: true,
      clearExpiredByTimeout: false,
    })
}

declare module 'ioredis' {
  interface RedisCommander {
    /** The script of rate-limiter-flexible, under the name that it gives it. */
    rlflxIncr(args: string[]): Promise<[number, number]>
  }
}

export function inRedis(redis: Redis, log: Log): Store {
  const outage = watchOutage(log, {
    away: 'Redis does not count: limits are counted in PostgreSQL',
    back: 'limits are counted in Redis again',
  })
  const storeClient = {
    get status() {
      return redis.status
    },
    defineCommand: redis.defineCommand.bind(redis),
    async rlflxIncr(args: string[]) {
      try {
        const counted = await redis.rlflxIncr(args)
        outage.ended()
        return counted
      } catch (error) {
        outage.began(error)
        if (error instanceof Error && error.message === 'Command timed out') reconnect(redis)
        throw error
      }
    },
  }
  return ({ keyPrefix, ...rule }, next) =>
    new RateLimiterRedis({
      ...shared({ ...rule, keyPrefix: `tenon:limits:${keyPrefix}` }, next),
      storeClient,
      rejectIfRedisNotReady: true,
    })
}

/** Who is past a limit is mostly refused from memory: a flood costs no store anything. */
const shared = (rule: Rule, next: RateLimiterAbstract) => ({
  ...rule,
  inMemoryBlockOnConsumed: rule.isAlwaysAsked ? 0 : rule.points,
  insuranceLimiter: next,
})

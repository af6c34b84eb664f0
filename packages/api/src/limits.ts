import type { Redis } from 'ioredis'
import type { Kysely } from 'kysely'
import { RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { Context } from './context.ts'
import type { Database } from './db.ts'
import type { Log } from './deps.ts'
import { fail } from './errors.ts'
import { sourceOf } from './limits/source.ts'
import { inMemory, inPostgres, inRedis, type Store } from './limits/stores.ts'
import { sha256 } from './secrets.ts'

export { sourceOf }

const rules = {
  general: { points: 600, seconds: 60 },
  signInByAccount: { points: 10, seconds: 15 * 60 },
  signInBySource: { points: 30, seconds: 60 },
  registration: { points: 10, seconds: 60 * 60 },
  mailRequest: { points: 10, seconds: 60 * 60 },
  // No longer than a link lives: who is refused one, because others asked in their name, has one that still works.
  resetByAccount: { points: 3, seconds: 15 * 60 },
  mailByPerson: { points: 10, seconds: 60 * 60 },
  mailByAddress: { points: 5, seconds: 60 * 60 },
  rename: { points: 30, seconds: 60 * 60 },
  announcement: { points: 30, seconds: 60 * 60 },
  // Counts the post, of whose author an announcement is counted the first time.
  announcedPost: { points: 1, seconds: 24 * 60 * 60 },
  message: { points: 60, seconds: 60 * 60 },
  follow: { points: 300, seconds: 60 * 60 },
} as const

export type LimitName = keyof typeof rules

export interface Limits {
  /** Counts one call. @throws RATE_LIMITED, with the seconds to wait */
  consume(name: LimitName, key: string): Promise<void>
  /** Counts one call, for answers that must not tell whether it was one too many. */
  isWithin(name: LimitName, key: string): Promise<boolean>
}

export interface LimitsOptions {
  /** Multiplies every limit; 0 switches them off. */
  factor: number
  db: Kysely<Database>
  /** Counts instead of the database, where it is given. */
  redis?: Redis | undefined
  log: Log
}

/**
 * Counts for all processes together, in Redis or else in PostgreSQL; while neither answers, for this process alone.
 * `general`, asked with every call, is always counted in the process.
 */
export function createLimits({ factor, db, redis, log }: LimitsOptions): Limits {
  if (factor === 0) return { consume: async () => {}, isWithin: async () => true }
  const stores = [inPostgres(db, log), ...(redis ? [inRedis(redis, log)] : [])]
  const limiters = new Map(
    Object.keys(rules).map((name) => [name, createLimiter(name as LimitName, factor, stores)]),
  )

  /** @returns the refusal, if it is one */
  async function count(name: LimitName, key: string): Promise<RateLimiterRes | undefined> {
    try {
      await limiters.get(name)?.consume(name === 'general' ? key : storedKey(name, key))
      return undefined
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return refusal
      throw refusal
    }
  }

  return {
    async consume(name, key) {
      const refusal = await count(name, key)
      if (refusal) throw fail('RATE_LIMITED', { retryAfterSeconds: secondsToWait(refusal) })
    },
    isWithin: async (name, key) => (await count(name, key)) === undefined,
  }
}

/** Each store counts while those after it in the list do not answer; the last is asked first. */
function createLimiter(name: LimitName, factor: number, stores: Store[]): RateLimiterAbstract {
  const { points, seconds: duration } = rules[name]
  const rule = {
    keyPrefix: name,
    // One call too many takes the same way as those before it, where the answer must not tell.
    isAlwaysAsked: name === 'resetByAccount' || name === 'mailByAddress',
    points: Math.min(Math.max(1, Math.floor(points * factor)), maxPoints),
    duration,
  }
  const memory = inMemory(rule)
  return name === 'general' ? memory : stores.reduce((next, store) => store(rule, next), memory)
}

/** What the column holds. */
const maxPoints = 2 ** 31 - 1

/** Whoever reads the store finds no address in it; an IPv4 address can be guessed from its hash all the same. */
const storedKey = (name: LimitName, key: string) => sha256(`${name} ${key}`).toString('base64url')

const secondsToWait = ({ msBeforeNext }: RateLimiterRes) => Math.max(1, Math.ceil(msBeforeNext / 1000))

/** 600 calls a minute for each principal; without one, for each source. */
export function generalLimit({ limits, principal, request }: Context): Promise<void> {
  return limits.consume('general', principal ? `user:${principal.user.id}` : `source:${sourceOf(request.ip)}`)
}

import ipaddr from 'ipaddr.js'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Context } from './context.ts'
import { fail } from './errors.ts'

const rules = {
  general: { points: 600, seconds: 60 },
  signInByAccount: { points: 10, seconds: 15 * 60 },
  signInBySource: { points: 30, seconds: 60 },
  registration: { points: 10, seconds: 60 * 60 },
  mailRequest: { points: 10, seconds: 60 * 60 },
  resetByAccount: { points: 5, seconds: 60 * 60 },
} as const

export type LimitName = keyof typeof rules

export interface Limits {
  /** Counts one call. @throws RATE_LIMITED, with the seconds to wait */
  consume(name: LimitName, key: string): Promise<void>
  /** Counts one call, for answers that must not tell whether it was one too many. */
  isWithin(name: LimitName, key: string): Promise<boolean>
}

/** Counts in this process. `factor` multiplies every limit; 0 switches them off. */
export function createLimits(factor: number): Limits {
  if (factor === 0) return { consume: async () => {}, isWithin: async () => true }
  const limiters = Object.fromEntries(
    Object.entries(rules).map(([name, { points, seconds }]) => [
      name,
      new RateLimiterMemory({ points: Math.max(1, Math.floor(points * factor)), duration: seconds }),
    ]),
  ) as Record<LimitName, RateLimiterMemory>

  const count = (name: LimitName, key: string): Promise<RateLimiterRes | undefined> =>
    limiters[name].consume(key).then(
      () => undefined,
      (refusal: unknown) => {
        if (refusal instanceof RateLimiterRes) return refusal
        throw refusal
      },
    )

  return {
    async consume(name, key) {
      const refusal = await count(name, key)
      if (refusal)
        throw fail('RATE_LIMITED', { retryAfterSeconds: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)) })
    },
    isWithin: async (name, key) => (await count(name, key)) === undefined,
  }
}

/** 600 calls a minute for each principal; without one, for each source. */
export function generalLimit({ limits, principal, request }: Context): Promise<void> {
  return limits.consume('general', principal ? `user:${principal.user.id}` : `source:${sourceOf(request.ip)}`)
}

/** An address as limits count it: IPv4 also when written as IPv6, an IPv6 network by its /64, without its zone. */
export function sourceOf(ip: string): string {
  const [bare = ip] = ip.split('%')
  if (!ipaddr.isValid(bare)) return ip
  const address = ipaddr.process(bare)
  if (address.kind() === 'ipv4') return address.toString()
  return ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()
}

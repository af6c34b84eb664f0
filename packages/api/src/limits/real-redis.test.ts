import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../db.ts'
import { newId } from '../ids.ts'
import { createLimits, type Limits } from '../limits.ts'
import { createRedis } from '../redis.ts'
import { sha256 } from '../secrets.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestDatabase, recordingLog, silentLog, type TestDatabase } from '../testing/index.ts'
import { startTestProxy } from '../testing/proxy.ts'
import { refusalOf } from '../testing/refusal.ts'

const redisUrl = process.env.TEST_REDIS_URL ?? ''

describe.skipIf(!redisUrl)('with the Redis of TEST_REDIS_URL', () => {
  let database: TestDatabase
  beforeAll(async () => void (database = await createTestDatabase()))
  afterAll(() => database.drop())

  const closing: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  })

  /** Limits as a process of its own would have them; without an address it has no Redis. */
  async function startProcess(url?: string) {
    const { log, entries } = recordingLog()
    const db = createDatabase({ url: database.url, log: silentLog, isPooler: database.isPooled })
    const redis = url ? createRedis({ url, log }) : undefined
    closing.push(
      () => db.destroy(),
      () => redis?.disconnect(),
    )
    if (redis) await isReady(redis)
    const messages = () => entries.map(({ message }) => message)
    return { limits: createLimits({ factor: 1, db, redis, log }), redis, messages }
  }

  async function startProcessBehindProxy() {
    const proxy = await startTestProxy(redisUrl)
    closing.push(() => proxy.stop())
    return { ...(await startProcess(proxy.url)), proxy }
  }

  const isReady = (redis: Redis | undefined) => eventually(() => expect(redis?.status).toBe('ready'))

  const isAway = (redis: Redis | undefined) => eventually(() => expect(redis?.status).not.toBe('ready'))

  const attempts = (limits: Limits, key: string, times: number) =>
    Promise.all(Array.from({ length: times }, () => limits.isWithin('signInByAccount', key)))

  const allowed = async (limits: Limits, key: string, times: number) =>
    (await attempts(limits, key, times)).filter(Boolean).length

  it('two processes share a limit, however much comes at once, and leave the database alone', async () => {
    const ada = newId()
    const [one, two] = [await startProcess(redisUrl), await startProcess(redisUrl)]
    const counts = await Promise.all([allowed(one.limits, ada, 100), allowed(two.limits, ada, 100)])
    expect(counts[0] + counts[1]).toBe(10)
    const { details } = (await refusalOf(one.limits.consume('signInByAccount', ada))) as {
      details: { retryAfterSeconds: number }
    }
    expect(details.retryAfterSeconds).toBeGreaterThan(890)
    expect(details.retryAfterSeconds).toBeLessThanOrEqual(900)
    expect(await allowed((await startProcess()).limits, ada, 20)).toBe(10)
  })

  it('keeps no address, and nothing for ever', async () => {
    const id = newId()
    const ada = `${id}@example.com 203.0.113.7`
    const { limits, redis } = await startProcess(redisUrl)
    await limits.consume('signInByAccount', ada)
    const key = `tenon:limits:signInByAccount:${sha256(`signInByAccount ${ada}`).toString('base64url')}`
    expect(await redis?.get(key)).toBe('1')
    expect(await redis?.ttl(key)).toBeGreaterThan(890)
    expect(await redis?.keys(`*${id}*`)).toEqual([])
  })

  it('when it dies in the middle PostgreSQL goes on, and when it returns it knows what it had counted', async () => {
    const bob = newId()
    const { limits, redis, proxy, messages } = await startProcessBehindProxy()
    expect(await allowed(limits, bob, 4)).toBe(4)
    const under = attempts(limits, bob, 3)
    proxy.cut()
    expect((await under).filter(Boolean)).toHaveLength(3)
    expect(await allowed(limits, bob, 3)).toBe(3)
    await isAway(redis)
    expect(await allowed(limits, bob, 200)).toBeLessThanOrEqual(7)
    expect(await allowed(limits, bob, 1)).toBe(0)
    expect(messages().filter((message) => message === 'Redis is away')).toHaveLength(1)

    proxy.restore()
    await isReady(redis)
    const after = await allowed(limits, bob, 20)
    // What was under way when it died was counted there or not, but never twice.
    expect(after).toBeGreaterThanOrEqual(3)
    expect(after).toBeLessThanOrEqual(6)
  })

  it('when it hangs it is waited for once, not with every call', async () => {
    const eve = newId()
    const { limits, redis, proxy } = await startProcessBehindProxy()
    expect(await allowed(limits, eve, 4)).toBe(4)
    proxy.hang()
    const begin = performance.now()
    expect(await allowed(limits, eve, 5)).toBe(5)
    for (let count = 0; count < 10; count++) await limits.isWithin('signInByAccount', eve)
    expect(performance.now() - begin).toBeLessThan(2_000)
    expect(await allowed(limits, eve, 1)).toBe(0)
    proxy.restore()
    await isReady(redis)
    await limits.consume('signInByAccount', newId())
  })

  it('when it has forgotten how to count it is told again', async () => {
    const grace = newId()
    const { limits, redis, messages } = await startProcess(redisUrl)
    await limits.consume('signInByAccount', grace)
    await redis?.script('FLUSH')
    expect(await allowed(limits, grace, 20)).toBe(9)
    expect(messages()).toEqual([])
  })
})

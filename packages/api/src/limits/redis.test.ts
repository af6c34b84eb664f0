import { createServer, type AddressInfo, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../db.ts'
import { createLimits, type Limits } from '../limits.ts'
import { createRedis } from '../redis.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestDatabase, recordingLog, silentLog, type TestDatabase } from '../testing/index.ts'
import type { LogEntry } from '../testing/log.ts'
import { startTestRedis } from '../testing/redis-server.ts'

let database: TestDatabase
beforeAll(async () => void (database = await createTestDatabase()))
afterAll(() => database.drop())

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

function start(redisUrl?: string): { limits: Limits; redis: Redis | undefined; logged: LogEntry[] } {
  const { log, entries: logged } = recordingLog()
  const db = createDatabase({ url: database.url, log: silentLog, isPooler: database.isPooled })
  const redis = redisUrl ? createRedis({ url: redisUrl, log }) : undefined
  closing.push(
    () => db.destroy(),
    () => redis?.disconnect(),
  )
  return { limits: createLimits({ factor: 1, db, redis, log }), redis, logged }
}

async function attempts(limits: Limits, key: string, times: number) {
  const begin = performance.now()
  const answers = await Promise.all(
    Array.from({ length: times }, () => limits.isWithin('signInByAccount', key)),
  )
  return { allowed: answers.filter(Boolean).length, ms: performance.now() - begin }
}

const messages = (logged: LogEntry[]) => logged.map(({ message }) => message)

const listen = (server: Server) =>
  new Promise<string>((resolve) => {
    closing.push(() => server.close())
    server.listen(0, '127.0.0.1', () =>
      resolve(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`),
    )
  })

describe('PostgreSQL counts, and soon, when Redis', () => {
  it('is not there, which is told once', async () => {
    const { limits, logged } = start('redis://127.0.0.1:9')
    const first = await attempts(limits, 'closed', 5)
    await sleep(1_000)
    const second = await attempts(limits, 'closed', 20)
    expect([first.allowed, second.allowed]).toEqual([5, 5])
    expect(Math.max(first.ms, second.ms)).toBeLessThan(800)
    expect((await attempts(start().limits, 'closed', 1)).allowed).toBe(0)
    expect(messages(logged)).toEqual(['Redis is away'])
  })

  it('takes connections and never answers', async () => {
    const silent = createServer((socket) => void closing.push(() => socket.destroy()))
    const { limits, logged } = start(await listen(silent))
    await sleep(50)
    const first = await attempts(limits, 'silent', 5)
    await sleep(1_000)
    const second = await attempts(limits, 'silent', 20)
    expect([first.allowed, second.allowed]).toEqual([5, 5])
    expect(Math.max(first.ms, second.ms)).toBeLessThan(800)
    expect(messages(logged)).toEqual(['Redis is away'])
  })

  it('falls silent while it is asked: its last answers are waited for, and then no more', async () => {
    let isSilent = false
    const server = await startTestRedis((command) => (isSilent ? undefined : counting(command)))
    closing.push(() => server.stop())
    const { limits, redis, logged } = start(server.url)
    await isReady(redis)
    expect((await attempts(limits, 'hung', 5)).allowed).toBe(5)
    isSilent = true
    const first = await attempts(limits, 'hung', 5)
    expect(first.allowed).toBe(5)
    expect(first.ms).toBeLessThan(900)
    const begin = performance.now()
    for (let count = 0; count < 10; count++) await attempts(limits, 'hung', 1)
    expect(performance.now() - begin).toBeLessThan(1_500)
    await eventually(() => expect(messages(logged)).toContain('Redis is away'))
    expect(messages(logged)).toEqual([
      'Redis does not count: limits are counted in PostgreSQL',
      'Redis is away',
    ])
    isSilent = false
    await isReady(redis)
    await attempts(limits, 'back', 1)
    expect(messages(logged).slice(2)).toEqual(['Redis is back', 'limits are counted in Redis again'])
  })

  it('is a replica that takes no writes, which is told once', async () => {
    const server = await startTestRedis((command) =>
      command === 'info' ? counting(command) : '-READONLY You can’t write against a read only replica.',
    )
    closing.push(() => server.stop())
    const { limits, redis, logged } = start(server.url)
    await isReady(redis)
    expect((await attempts(limits, 'replica', 20)).allowed).toBe(10)
    expect(messages(logged)).toEqual(['Redis does not count: limits are counted in PostgreSQL'])
  })
})

it('a command whose connection is lost is not sent again when it is back: it would count twice', async () => {
  let isSilent = false
  const server = await startTestRedis((command) =>
    isSilent && command !== 'info' ? undefined : counting(command),
  )
  closing.push(() => server.stop())
  const { limits, redis } = start(server.url)
  await isReady(redis)
  isSilent = true
  const unanswered = attempts(limits, 'cut', 1)
  await eventually(() => expect(server.commands).toEqual(['info', 'eval']))
  const begin = performance.now()
  server.cut()
  expect((await unanswered).allowed).toBe(1)
  expect(performance.now() - begin).toBeLessThan(800)
  await eventually(() => expect(server.commands).toEqual(['info', 'eval', 'info']))
  await isReady(redis)
  isSilent = false
  await attempts(limits, 'cut', 1)
  expect(server.commands).toEqual(['info', 'eval', 'info', expect.stringMatching(/^eval/)])
})

it('Redis counts where it is given, and the database is not asked', async () => {
  const server = await startTestRedis(counting)
  closing.push(() => server.stop())
  const { limits, redis, logged } = start(server.url)
  await isReady(redis)
  await attempts(limits, 'redis', 7)
  expect((await attempts(start().limits, 'redis', 20)).allowed).toBe(10)
  expect(messages(logged)).toEqual([])
})

it('a wrong password is told without the password, and stops nobody', async () => {
  const server = await startTestRedis((command) =>
    command === 'auth' ? '-WRONGPASS invalid username-password pair' : '-NOAUTH Authentication required.',
  )
  closing.push(() => server.stop())
  const { limits, logged } = start(server.url.replace('//', '//ada:hunter2@'))
  await eventually(() => expect(messages(logged)).toEqual(['Redis is away']))
  expect((await attempts(limits, 'password', 20)).allowed).toBe(10)
  expect(JSON.stringify(logged)).toContain('WRONGPASS')
  expect(JSON.stringify(logged)).not.toContain('hunter2')
})

const isReady = (redis: Redis | undefined) => eventually(() => expect(redis?.status).toBe('ready'))

/** Always the first call of a quarter of an hour. */
const counting = (command: string) => (command === 'info' ? '$11\r\nrole:master' : '*2\r\n:1\r\n:900000')

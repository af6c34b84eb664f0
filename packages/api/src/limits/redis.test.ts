import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../db.ts'
import { createLimits, type Limits } from '../limits.ts'
import { createRedis } from '../redis.ts'
import { eventually } from '../testing/eventually.ts'
import { createTestDatabase, recordingLog, silentLog, type TestDatabase } from '../testing/index.ts'
import type { LogEntry } from '../testing/log.ts'
import { startTestRedis, type TestRedis } from '../testing/redis-server.ts'

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

/** How many were allowed. */
async function attempts(limits: Limits, key: string, times: number): Promise<number> {
  const answers = await Promise.all(
    Array.from({ length: times }, () => limits.isWithin('signInByAccount', key)),
  )
  return answers.filter(Boolean).length
}

const messages = (logged: LogEntry[]) => logged.map(({ message }) => message)

/** Each is waited for when it is not answered. */
const counts = ({ commands }: TestRedis) => commands.filter((command) => command.startsWith('eval')).length

describe('PostgreSQL counts, and Redis is not waited for, when it', () => {
  it('is not there, which is told once', async () => {
    const { limits, logged } = start('redis://127.0.0.1:9')
    expect(await attempts(limits, 'closed', 5)).toBe(5)
    await eventually(() => expect(messages(logged)).toEqual(['Redis is away']))
    expect(await attempts(limits, 'closed', 20)).toBe(5)
    expect(await attempts(start().limits, 'closed', 1)).toBe(0)
    expect(messages(logged)).toEqual(['Redis is away'])
  })

  it('takes connections and never answers', async () => {
    const silent = await startTestRedis(() => undefined)
    closing.push(() => silent.stop())
    const { limits, logged } = start(silent.url)
    await eventually(() => expect(silent.commands).toEqual(['info']))
    expect(await attempts(limits, 'silent', 5)).toBe(5)
    await eventually(() => expect(messages(logged)).toEqual(['Redis is away']))
    expect(await attempts(limits, 'silent', 20)).toBe(5)
    expect(messages(logged)).toEqual(['Redis is away'])
    expect(counts(silent)).toBe(0)
  })

  it('falls silent while it is asked: its last answers are waited for, and then no more', async () => {
    let isSilent = false
    const server = await startTestRedis((command) => (isSilent ? undefined : counting(command)))
    closing.push(() => server.stop())
    const { limits, redis, logged } = start(server.url)
    await isReady(redis)
    expect(await attempts(limits, 'hung', 5)).toBe(5)
    isSilent = true
    expect(await attempts(limits, 'hung', 5)).toBe(5)
    const asked = counts(server)
    for (let count = 0; count < 10; count++) await attempts(limits, 'hung', 1)
    expect(counts(server)).toBe(asked)
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
    expect(await attempts(limits, 'replica', 20)).toBe(10)
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
  server.cut()
  expect(await unanswered).toBe(1)
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
  expect(await attempts(start().limits, 'redis', 20)).toBe(10)
  expect(messages(logged)).toEqual([])
})

it('a wrong password is told without the password, and stops nobody', async () => {
  const server = await startTestRedis((command) =>
    command === 'auth' ? '-WRONGPASS invalid username-password pair' : '-NOAUTH Authentication required.',
  )
  closing.push(() => server.stop())
  const { limits, logged } = start(server.url.replace('//', '//ada:hunter2@'))
  await eventually(() => expect(messages(logged)).toEqual(['Redis is away']))
  expect(await attempts(limits, 'password', 20)).toBe(10)
  expect(JSON.stringify(logged)).toContain('WRONGPASS')
  expect(JSON.stringify(logged)).not.toContain('hunter2')
})

const isReady = (redis: Redis | undefined) => eventually(() => expect(redis?.status).toBe('ready'))

/** Always the first call of a quarter of an hour. */
const counting = (command: string) => (command === 'info' ? '$11\r\nrole:master' : '*2\r\n:1\r\n:900000')

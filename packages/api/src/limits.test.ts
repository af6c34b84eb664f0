import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDatabase } from './db.ts'
import { createLimits, type LimitName, type Limits } from './limits.ts'
import { refusalOf } from './testing/refusal.ts'
import { createTestApi, createTestDatabase, silentLog as log, type TestDatabase } from './testing/index.ts'

let database: TestDatabase
beforeAll(async () => void (database = await createTestDatabase()))
afterAll(() => database.drop())

async function consumed(limits: Limits, times: number, key = 'ada', name: LimitName = 'registration') {
  for (let count = 0; count < times; count++) await limits.consume(name, key)
}

describe.each(['PostgreSQL', 'memory'])('counted in %s', (place) => {
  let close = async () => {}
  const start = (factor: number) => {
    const url = place === 'memory' ? 'postgres://127.0.0.1:9/nowhere' : database.url
    const db = createDatabase({ url, log, isPooler: database.isPooled })
    close = () => db.destroy()
    return createLimits({ factor, db, log })
  }
  /** Those of other tests are in the same table. */
  let ada = 'ada'

  beforeEach(({ task }) => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    ada = `ada, ${task.id}`
  })

  afterEach(async () => {
    vi.useRealTimers()
    await close()
  })

  it('up to the limit all is well, then one waits until the time is over', async () => {
    const limits = start(1)
    await consumed(limits, 10, ada)
    expect(await refusalOf(limits.consume('registration', ada))).toMatchObject({
      code: 'RATE_LIMITED',
      status: 429,
      details: { retryAfterSeconds: 3600 },
    })
    vi.advanceTimersByTime(3_599_000)
    expect(await refusalOf(limits.consume('registration', ada))).toMatchObject({
      details: { retryAfterSeconds: 1 },
    })
    vi.advanceTimersByTime(1_001)
    await limits.consume('registration', ada)
  })

  it('who is refused does not wait longer for asking again', async () => {
    const limits = start(1)
    await consumed(limits, 10, ada)
    for (let count = 0; count < 100; count++) await refusalOf(limits.consume('registration', ada))
    vi.advanceTimersByTime(3_600_001)
    await limits.consume('registration', ada)
  })

  it('keys and names count apart', async () => {
    const limits = start(1)
    await consumed(limits, 10, ada)
    await limits.consume('registration', `${ada} and bob`)
    await limits.consume('mailRequest', ada)
  })

  it.each([
    ['general', 600],
    ['signInByAccount', 10],
    ['signInBySource', 30],
    ['registration', 10],
    ['mailRequest', 10],
    ['resetByAccount', 3],
    ['mailByPerson', 10],
    ['mailByAddress', 5],
    ['rename', 30],
  ] as const)('%s allows %d', async (name, points) => {
    const limits = start(1)
    await consumed(limits, points, ada, name)
    expect(await refusalOf(limits.consume(name, ada))).toMatchObject({ code: 'RATE_LIMITED' })
  })

  it('where the answer must not tell, one is told nothing and counted all the same', async () => {
    const limits = start(1)
    for (let count = 0; count < 3; count++) expect(await limits.isWithin('resetByAccount', ada)).toBe(true)
    expect(await limits.isWithin('resetByAccount', ada)).toBe(false)
    expect(await limits.isWithin('resetByAccount', `${ada} and bob`)).toBe(true)
  })

  it.each([
    [2, 20],
    [0.5, 5],
    [0.01, 1],
  ])('a factor of %d allows %d', async (factor, points) => {
    const limits = start(factor)
    await consumed(limits, points, ada)
    expect(await refusalOf(limits.consume('registration', ada))).toMatchObject({ code: 'RATE_LIMITED' })
  })

  it.each([0, 1e300])('a factor of %d limits nobody', async (factor) => {
    await consumed(start(factor), 100, ada)
  })
})

it('everybody has 600 calls a minute: a person wherever they are, nobody by their source', async () => {
  const api = await createTestApi({ rateLimitFactor: 1 })
  try {
    const ada = await api.person('ada')
    const consume = vi.spyOn(api.deps.limits, 'consume')
    await api.callerOf({ authorization: `Bearer ${ada.token}`, ip: '203.0.113.8' }).users.me()
    await api.callerOf({ ip: '::ffff:203.0.113.8' }).users.get({ id: ada.user.id })
    expect(consume.mock.calls).toEqual([
      ['general', `user:${ada.user.id}`],
      ['general', 'source:203.0.113.8'],
    ])
    for (let count = 0; count < 598; count++) await api.deps.limits.consume('general', `user:${ada.user.id}`)
    await ada.calls.users.me().catch(() => {})
    expect(await refusalOf(ada.calls.users.me())).toMatchObject({ code: 'RATE_LIMITED' })
  } finally {
    await api.stop()
  }
})

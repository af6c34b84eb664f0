import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLimits, sourceOf } from './limits.ts'
import { refusalOf } from './testing/refusal.ts'
import { createTestApi } from './testing/index.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

async function consumed(limits: ReturnType<typeof createLimits>, times: number, key = 'ada') {
  for (let count = 0; count < times; count++) await limits.consume('registration', key)
}

it('up to the limit all is well, then one waits until the time is over', async () => {
  const limits = createLimits(1)
  await consumed(limits, 10)
  expect(await refusalOf(limits.consume('registration', 'ada'))).toMatchObject({
    code: 'RATE_LIMITED',
    status: 429,
    details: { retryAfterSeconds: 3600 },
  })
  vi.advanceTimersByTime(3_599_000)
  expect(await refusalOf(limits.consume('registration', 'ada'))).toMatchObject({
    details: { retryAfterSeconds: 1 },
  })
  vi.advanceTimersByTime(1_001)
  await limits.consume('registration', 'ada')
})

it('who is refused does not wait longer for asking again', async () => {
  const limits = createLimits(1)
  await consumed(limits, 10)
  for (let count = 0; count < 100; count++) await refusalOf(limits.consume('registration', 'ada'))
  vi.advanceTimersByTime(3_600_001)
  await limits.consume('registration', 'ada')
})

it('keys and names count apart', async () => {
  const limits = createLimits(1)
  await consumed(limits, 10)
  await limits.consume('registration', 'bob')
  await limits.consume('mailRequest', 'ada')
})

it.each([
  ['general', 600],
  ['signInByAccount', 10],
  ['signInBySource', 30],
  ['registration', 10],
  ['mailRequest', 10],
  ['resetByAccount', 5],
] as const)('%s allows %d', async (name, points) => {
  const limits = createLimits(1)
  for (let count = 0; count < points; count++) await limits.consume(name, 'ada')
  expect(await refusalOf(limits.consume(name, 'ada'))).toMatchObject({ code: 'RATE_LIMITED' })
})

it('where the answer must not tell, one is told nothing and counted all the same', async () => {
  const limits = createLimits(1)
  for (let count = 0; count < 5; count++)
    expect(await limits.isWithin('resetByAccount', 'ada@example.com')).toBe(true)
  expect(await limits.isWithin('resetByAccount', 'ada@example.com')).toBe(false)
  expect(await limits.isWithin('resetByAccount', 'bob@example.com')).toBe(true)
})

it.each([
  [2, 20],
  [0.5, 5],
  [0.01, 1],
])('a factor of %d allows %d', async (factor, points) => {
  const limits = createLimits(factor)
  await consumed(limits, points)
  expect(await refusalOf(limits.consume('registration', 'ada'))).toMatchObject({ code: 'RATE_LIMITED' })
})

it('a factor of 0 switches limits off', async () => {
  await consumed(createLimits(0), 1000)
})

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:CB00:7107', '203.0.113.7'],
  ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2::'],
  ['2001:db8:1:2::', '2001:db8:1:2::'],
  ['2001:db8:1:3::', '2001:db8:1:3::'],
  ['::1', '::'],
  ['fe80::1%eth0', 'fe80::'],
  ['fe80::2', 'fe80::'],
  ['::ffff:203.0.113.7%1', '203.0.113.7'],
  ['unknown', 'unknown'],
  ['', ''],
])('the source of %s is %s', (ip, source) => {
  expect(sourceOf(ip)).toBe(source)
})

it('everybody has 600 calls a minute: a person wherever they are, nobody by their source', async () => {
  vi.useRealTimers()
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

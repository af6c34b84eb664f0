import { expect, test, vi } from 'vitest'
import { ApiError, createClient } from './index.ts'
import { pauseBeforeRetry } from './retry.ts'
import { rejection } from './testing/rejection.ts'
import { answer, echo, ok, refused, startServer, type SeenRequest } from './testing/test-server.ts'

const busy = refused(503, 'UNAVAILABLE', { retryAfterSeconds: 0 })

/** Fails so often, then answers. */
async function failing(times: number, status: number, body: unknown, headers: object = {}) {
  const { url, seen } = await startServer((request, response, number) =>
    number <= times ? answer(response, status, body, headers) : echo(request, response),
  )
  return { client: createClient({ url }), seen }
}

test.for([
  ['a busy server', 503, busy],
  ["a proxy's 502", 502, '<h1>Bad gateway</h1>'],
  ['a rate limit', 429, refused(429, 'RATE_LIMITED', { retryAfterSeconds: 0 })],
] as const)('a query that meets %s is tried again', async ([, status, body]) => {
  const { client, seen } = await failing(1, status, body)
  expect(await client.users.me.query()).toEqual({ path: 'users.me' })
  expect(seen.length).toBe(2)
})

test('a query whose connection is cut is tried again', async () => {
  const { url, seen } = await startServer((request, response, number) =>
    number === 1 ? response.destroy() : echo(request, response),
  )
  expect(await createClient({ url }).users.me.query()).toEqual({ path: 'users.me' })
  expect(seen.length).toBe(2)
})

test('after three attempts a query rejects with the last failure', async () => {
  const { client, seen } = await failing(Infinity, 503, busy)
  expect(await rejection(client.users.me.query())).toMatchObject({ code: 'UNAVAILABLE', status: 503 })
  expect(seen.length).toBe(3)
})

test('only the calls of a batch that failed are tried again', async () => {
  const { url, seen } = await startServer((request, response, number) =>
    number === 1 ? answer(response, 207, [ok('first'), busy]) : echo(request, response),
  )
  const client = createClient({ url })
  await Promise.all([client.users.me.query(), client.auth.session.query()])
  expect(seen.map(({ paths }) => paths)).toEqual([['users.me', 'auth.session'], ['auth.session']])
})

test('a mutation that the server does not know again is never tried again', async () => {
  const { client, seen } = await failing(Infinity, 503, busy)
  expect(await rejection(client.auth.signOut.mutate())).toMatchObject({ code: 'UNAVAILABLE' })
  const cut = await startServer((_request: SeenRequest, response) => response.destroy())
  expect(await rejection(createClient(cut).auth.signOut.mutate())).toMatchObject({ code: 'NETWORK' })
  expect([seen.length, cut.seen.length]).toEqual([1, 1])
})

test.for([
  [400, 'VALIDATION_ERROR'],
  [401, 'UNAUTHORIZED'],
  [404, 'NOT_FOUND'],
  [500, 'INTERNAL'],
  [504, 'TIMEOUT'],
] as const)('a query that is refused with %i %s is not tried again', async ([status, code]) => {
  const { client, seen } = await failing(Infinity, status, refused(status, code))
  expect(await rejection(client.users.me.query())).toMatchObject({ code, status })
  expect(seen.length).toBe(1)
})

test('the seconds that the server asks for are waited', async () => {
  const { client } = await failing(1, 503, '', { 'retry-after': '1' })
  const startedAt = performance.now()
  await client.users.me.query()
  expect(performance.now() - startedAt).toBeGreaterThan(1_100)
})

test('when the server asks for more than 5 seconds, the query rejects at once', async () => {
  const { client, seen } = await failing(1, 429, refused(429, 'RATE_LIMITED', { retryAfterSeconds: 6 }))
  expect(await rejection(client.users.me.query())).toMatchObject({
    code: 'RATE_LIMITED',
    retryAfterSeconds: 6,
  })
  expect(seen.length).toBe(1)
})

test('a pause that would outlast the time-out is not begun: the true failure is told, at once', async () => {
  const { url, seen } = await startServer((_request, response) =>
    answer(response, 503, '', { 'retry-after': '5' }),
  )
  const client = createClient({ url, timeoutMs: 4_000 })
  const startedAt = performance.now()
  expect(await rejection(client.users.me.query())).toMatchObject({ code: 'UNAVAILABLE', status: 503 })
  expect(performance.now() - startedAt).toBeLessThan(3_000)
  expect(seen.length).toBe(1)
})

test('pauses double, are spread over half of their length, and end after the second', () => {
  const error = new ApiError({ code: 'NETWORK' })
  const random = vi.spyOn(Math, 'random')
  const pauses = [0, 0.999].map((value) => {
    random.mockReturnValue(value)
    return [1, 2, 3].map((attempt) => pauseBeforeRetry(error, attempt)).map((ms) => ms && Math.round(ms))
  })
  expect(pauses).toEqual([
    [125, 250, undefined],
    [250, 500, undefined],
  ])
})

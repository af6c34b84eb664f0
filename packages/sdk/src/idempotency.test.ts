import { expect, test, vi } from 'vitest'
import { createClient } from './index.ts'
import { rejection } from './testing/rejection.ts'
import { answer, echo, refused, startServer } from './testing/test-server.ts'

const change = { name: 'Ada Lovelace' }
const busy = refused(503, 'UNAVAILABLE', { retryAfterSeconds: 0 })
const inFlight = refused(409, 'IDEMPOTENCY_IN_FLIGHT', { retryAfterSeconds: 0 })

const keysOf = (seen: { headers: Record<string, unknown> }[]) =>
  seen.map(({ headers }) => headers['idempotency-key'])

test('a mutation that is declared for it has a key of its own, of 128 random bits, and goes alone', async () => {
  const { url, seen } = await startServer(echo)
  const client = createClient({ url, token: 'secret' })
  await Promise.all([client.users.update.mutate(change), client.users.update.mutate(change)])
  const keys = keysOf(seen)
  expect(new Set(keys).size).toBe(2)
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/)
  expect(seen.map((request) => request.url)).toEqual(['/trpc/users.update', '/trpc/users.update'])
  expect(seen[0]!.headers.authorization).toBe('Bearer secret')
})

test('what is not declared for it has none, and is batched as before', async () => {
  const { url, seen } = await startServer(echo)
  const client = createClient({ url })
  await Promise.all([
    client.auth.signOut.mutate(),
    client.auth.email.verify.mutate({ token: 't' }),
    client.users.me.query(undefined, { context: { idempotencyKey: 'k'.repeat(22) } }),
  ])
  expect(seen).toHaveLength(2)
  expect(keysOf(seen)).toEqual([undefined, undefined])
})

test("the caller's own key is sent, whatever the mutation", async () => {
  const { url, seen } = await startServer(echo)
  const client = createClient({ url })
  const context = { idempotencyKey: '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44' }
  await client.users.update.mutate(change, { context })
  await client.auth.email.verify.mutate({ token: 't' }, { context })
  expect(keysOf(seen)).toEqual([context.idempotencyKey, context.idempotencyKey])
})

test.for([
  ['a busy server', 503, busy],
  ["a proxy's 502", 502, '<h1>Bad gateway</h1>'],
  ['a rate limit', 429, refused(429, 'RATE_LIMITED', { retryAfterSeconds: 0 })],
  ['its first attempt in flight', 409, inFlight],
] as const)('one that meets %s is tried again with the same key', async ([, status, body]) => {
  const { url, seen } = await startServer((request, response, number) =>
    number === 1 ? answer(response, status, body) : echo(request, response),
  )
  expect(await createClient({ url }).users.update.mutate(change)).toEqual({ path: 'users.update' })
  const [first, second] = keysOf(seen)
  expect(seen).toHaveLength(2)
  expect(first).toBeDefined()
  expect(second).toBe(first)
  expect(seen[1]!.body).toBe(seen[0]!.body)
})

test('one whose connection is cut before its answer is tried again with the same key', async () => {
  const { url, seen } = await startServer((request, response, number) =>
    number === 1 ? response.destroy() : echo(request, response),
  )
  await createClient({ url }).users.create.mutate({
    email: 'ada@example.com',
    username: 'ada',
    password: 'Correct7Horse',
  })
  const [first, second] = keysOf(seen)
  expect(second).toBe(first)
})

test('waiting for the first attempt costs none of the three, and ends with the time-out', async () => {
  const { url, seen } = await startServer((request, response, number) =>
    number <= 4 ? answer(response, 409, inFlight) : echo(request, response),
  )
  expect(await createClient({ url }).users.update.mutate(change)).toEqual({ path: 'users.update' })
  expect(seen).toHaveLength(5)

  const longer = refused(409, 'IDEMPOTENCY_IN_FLIGHT', { retryAfterSeconds: 5 })
  const endless = await startServer((_request, response) => answer(response, 409, longer))
  const client = createClient({ url: endless.url, timeoutMs: 5_000 })
  expect(await rejection(client.users.update.mutate(change))).toMatchObject({
    code: 'IDEMPOTENCY_IN_FLIGHT',
    status: 409,
  })
  expect(endless.seen).toHaveLength(1)
})

test('after three attempts it rejects with the last failure', async () => {
  const { url, seen } = await startServer((_request, response) => answer(response, 503, busy))
  const error = await rejection(createClient({ url }).users.update.mutate(change))
  expect(error).toMatchObject({ code: 'UNAVAILABLE' })
  expect(new Set(keysOf(seen)).size).toBe(1)
  expect(seen).toHaveLength(3)
})

test.for([
  [409, 'EMAIL_TAKEN'],
  [422, 'IDEMPOTENCY_MISMATCH'],
  [500, 'INTERNAL'],
  [504, 'TIMEOUT'],
] as const)('one that is refused with %i %s is not tried again', async ([status, code]) => {
  const { url, seen } = await startServer((_request, response) =>
    answer(response, status, refused(status, code)),
  )
  expect(await rejection(createClient({ url }).users.update.mutate(change))).toMatchObject({ code, status })
  expect(seen).toHaveLength(1)
})

test('a key of the caller makes nothing repeatable that is not declared for it', async () => {
  const { url, seen } = await startServer((_request, response) => answer(response, 503, busy))
  const context = { idempotencyKey: '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44' }
  await rejection(createClient({ url }).auth.signOut.mutate(undefined, { context }))
  expect(seen).toHaveLength(1)
})

test('where there is no way to make a key, calls go without one, once', async () => {
  vi.stubGlobal('crypto', undefined)
  const { url, seen } = await startServer((_request, response) => answer(response, 503, busy))
  await rejection(createClient({ url }).users.update.mutate(change))
  expect(keysOf(seen)).toEqual([undefined])
})

test("Retry-After of an attempt in flight is the error's", async () => {
  const { url } = await startServer((_request, response) =>
    answer(response, 409, refused(409, 'IDEMPOTENCY_IN_FLIGHT'), { 'retry-after': '7' }),
  )
  expect(await rejection(createClient({ url }).users.update.mutate(change))).toMatchObject({
    retryAfterSeconds: 7,
  })
})

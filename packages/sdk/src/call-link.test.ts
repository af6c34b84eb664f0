import { expect, test } from 'vitest'
import { createClient } from './index.ts'
import { rejection } from './testing/rejection.ts'
import { answer, echo, ok, refused, startServer } from './testing/test-server.ts'

/** Answers `users.me` at once and never anything else; tells when a request was given up. */
async function startSlowServer() {
  const givenUp: string[][] = []
  const { url, seen } = await startServer((request, response) => {
    response.once('close', () => response.writableEnded || givenUp.push(request.paths))
    if (request.paths.every((path) => path === 'users.me')) echo(request, response)
  })
  return { url, seen, givenUp }
}

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('a call that takes too long rejects with TIMEOUT, status 0, and its request is given up', async () => {
  const { url, givenUp, seen } = await startSlowServer()
  const client = createClient({ url, timeoutMs: 100 })
  expect(await rejection(client.auth.session.query())).toMatchObject({
    code: 'TIMEOUT',
    status: 0,
    message: 'There was no answer within 0.1 seconds.',
  })
  await until(() => givenUp.length === 1)
  expect(seen.length).toBe(1)
})

test('an answer that stops in the middle runs out of time too', async () => {
  const { url } = await startServer((_request, response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('[{')
  })
  expect(await rejection(createClient({ url, timeoutMs: 100 }).users.me.query())).toMatchObject({
    code: 'TIMEOUT',
  })
})

test('the time-out counts all attempts together', async () => {
  const { url, seen } = await startServer((_request, response, number) => {
    if (number === 1) answer(response, 503, refused(503, 'UNAVAILABLE', { retryAfterSeconds: 0 }))
  })
  const startedAt = performance.now()
  const error = await rejection(createClient({ url, timeoutMs: 1_000 }).users.me.query())
  expect(error).toMatchObject({ code: 'TIMEOUT', status: 0 })
  expect(performance.now() - startedAt).toBeLessThan(2_000)
  expect(seen.length).toBe(2)
})

test('a call may have a time-out of its own, also one that outlasts its neighbours', async () => {
  const { url } = await startServer((_request, response) => {
    setTimeout(() => answer(response, 200, [ok('late'), ok('late')]), 300)
  })
  const client = createClient({ url, timeoutMs: 100 })
  const hasty = rejection(client.users.me.query())
  const patient = client.users.me.query(undefined, { context: { timeoutMs: 5_000 } })
  expect(await hasty).toMatchObject({ code: 'TIMEOUT' })
  expect(await patient).toBe('late')
})

test('Infinity, and what is longer than a timer can be, waits', async () => {
  const { url } = await startServer((_request, response) =>
    setTimeout(() => answer(response, 200, [ok('late')]), 50),
  )
  for (const timeoutMs of [Infinity, 2 ** 31]) {
    expect(await createClient({ url, timeoutMs }).users.me.query()).toBe('late')
  }
})

test("an aborted signal ends its call at once, with the signal's reason, and gives the request up", async () => {
  const { url, givenUp } = await startSlowServer()
  const controller = new AbortController()
  const call = rejection(createClient({ url }).auth.session.query(undefined, { signal: controller.signal }))
  setTimeout(() => controller.abort('left the page'), 50)
  expect(await call).toMatchObject({ code: 'ABORTED', status: 0, cause: 'left the page' })
  await until(() => givenUp.length === 1)
})

test('a call of a batch that is aborted ends at once, while its neighbours go on', async () => {
  const { url } = await startServer((_request, response) => {
    setTimeout(() => answer(response, 200, [ok('a'), ok('b')]), 200)
  })
  const client = createClient({ url })
  const controller = new AbortController()
  const order: unknown[] = []
  const aborted = rejection(client.users.me.query(undefined, { signal: controller.signal }))
  const neighbour = client.users.me.query()
  void aborted.then(({ code }) => order.push(code))
  void neighbour.then((value) => order.push(value))
  setTimeout(() => controller.abort(), 50)
  await Promise.all([aborted, neighbour])
  expect(order).toEqual(['ABORTED', 'b'])
})

test('a signal that was aborted before sends nothing', async () => {
  const { url, seen } = await startSlowServer()
  const call = createClient({ url }).users.me.query(undefined, { signal: AbortSignal.abort() })
  expect(await rejection(call)).toMatchObject({ code: 'ABORTED' })
  expect(seen).toEqual([])
})

test('an abort between two attempts ends the call, and there is no further attempt', async () => {
  const { url, seen } = await startServer((_request, response) =>
    answer(response, 503, '', { 'retry-after': '1' }),
  )
  const signal = AbortSignal.timeout(200)
  expect(await rejection(createClient({ url }).users.me.query(undefined, { signal }))).toMatchObject({
    code: 'ABORTED',
    cause: { name: 'TimeoutError' },
  })
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(seen.length).toBe(1)
})

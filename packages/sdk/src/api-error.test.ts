import { createServer, type AddressInfo, type Socket } from 'node:net'
import { TRPCClientError } from '@trpc/client'
import { expect, test } from 'vitest'
import { ApiError, createClient } from './index.ts'
import { rejection } from './testing/rejection.ts'
import { answer, ok, refused, startServer } from './testing/test-server.ts'

const id = '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44'
const html = '<!doctype html><title>Bad</title><h1>Something is wrong</h1>'

/** What a mutation, which is never retried, rejects with when the server answers so. */
async function refusalOf(status: number, body: unknown, headers: object = {}) {
  const { url } = await startServer((_request, response) => answer(response, status, body, headers))
  return rejection(createClient({ url }).auth.email.verify.mutate({ token: 't' }))
}

test('a refusal on tRPC carries its code, status, message, details and request id', async () => {
  const body = refused(409, 'EMAIL_TAKEN', { field: 'email' }, 'This address already has an account.')
  for (const shape of [body, [body]]) {
    const error = await refusalOf(409, shape)
    expect(error).toMatchObject({
      name: 'ApiError',
      code: 'EMAIL_TAKEN',
      status: 409,
      message: 'This address already has an account.',
      details: { field: 'email' },
      requestId: 'r-1',
      data: { code: 'EMAIL_TAKEN' },
    })
    expect(error).not.toHaveProperty('retryAfterSeconds')
  }
})

test("a refusal in REST's envelope carries the same", async () => {
  const error = { code: 'CSRF', message: 'Not from here.', details: {}, requestId: 'r-2' }
  expect(await refusalOf(403, { error })).toMatchObject({ ...error, status: 403 })
})

test("it is an Error and tRPC's own kind of it", async () => {
  const error = await refusalOf(409, refused(409, 'CONFLICT'))
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toBeInstanceOf(TRPCClientError)
  expect(error).toBeInstanceOf(Error)
})

test('each call of a batch has its own outcome', async () => {
  const { url } = await startServer((_request, response) =>
    answer(response, 207, [
      ok({ id: 'a' }),
      refused(404, 'NOT_FOUND'),
      refused(429, 'RATE_LIMITED', { retryAfterSeconds: 60 }),
    ]),
  )
  const client = createClient({ url })
  const [first, second, third] = [1, 2, 3].map(() => client.users.get.query({ id }))
  const errors = Promise.all([rejection(second!), rejection(third!)])
  expect(await first).toEqual({ id: 'a' })
  expect(await errors).toMatchObject([
    { code: 'NOT_FOUND', status: 404 },
    { code: 'RATE_LIMITED', status: 429, retryAfterSeconds: 60 },
  ])
})

test.for([
  [400, 'VALIDATION_ERROR'],
  [401, 'UNAUTHORIZED'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [405, 'METHOD_NOT_ALLOWED'],
  [408, 'TIMEOUT'],
  [409, 'CONFLICT'],
  [413, 'PAYLOAD_TOO_LARGE'],
  [414, 'URI_TOO_LONG'],
  [415, 'UNSUPPORTED_MEDIA_TYPE'],
  [418, 'VALIDATION_ERROR'],
  [429, 'RATE_LIMITED'],
  [431, 'HEADERS_TOO_LARGE'],
  [500, 'INTERNAL'],
  [502, 'UNAVAILABLE'],
  [503, 'UNAVAILABLE'],
  [504, 'TIMEOUT'],
  [520, 'INTERNAL'],
  [200, 'INTERNAL'],
] as const)('a page of HTML with status %i is %s', async ([status, code]) => {
  expect(await refusalOf(status, html, { 'x-request-id': 'proxy-1' })).toMatchObject({
    code,
    status,
    requestId: 'proxy-1',
    message: expect.not.stringContaining('<'),
  })
})

test('details keep their promise also where a proxy answered', async () => {
  expect(await refusalOf(400, html)).toMatchObject({ details: { fields: {} } })
  expect(await refusalOf(502, html)).toMatchObject({
    details: { retryAfterSeconds: 1 },
    retryAfterSeconds: 1,
  })
})

test('Retry-After is read as seconds and as a date', async () => {
  expect(await refusalOf(503, html, { 'retry-after': '7' })).toMatchObject({ retryAfterSeconds: 7 })
  const inAMinute = new Date(Date.now() + 60_000).toUTCString()
  const { retryAfterSeconds } = await refusalOf(429, refused(429, 'RATE_LIMITED'), {
    'retry-after': inAMinute,
  })
  expect(retryAfterSeconds).toBeGreaterThan(57)
  expect(retryAfterSeconds).toBeLessThanOrEqual(60)
  expect(await refusalOf(503, html, { 'retry-after': 'soon' })).toMatchObject({ retryAfterSeconds: 1 })
  expect(await refusalOf(404, html, { 'retry-after': '7' })).not.toHaveProperty('retryAfterSeconds')
})

test.for([
  ['broken JSON', '[{"result":{"data":'],
  ['nothing', ''],
  ['JSON of another shape', { status: 'fine' }],
  ['an empty batch', []],
  ['a result that is none', [{ result: 7 }]],
  ['an error without data', { error: { code: 404, message: 'Requested entity was not found.' } }],
] as const)('an answer of 200 with %s is INTERNAL', async ([, body]) => {
  expect(await refusalOf(200, body)).toMatchObject({
    code: 'INTERNAL',
    status: 200,
    message: 'Something went wrong on our side.',
  })
})

test('a batch with a result missing fails those calls alone', async () => {
  const { url } = await startServer((_request, response) => answer(response, 200, [ok({ id: 'a' })]))
  const client = createClient({ url })
  const [first, second] = [1, 2].map(() => client.users.get.query({ id }))
  expect(await rejection(second!)).toMatchObject({ code: 'INTERNAL', status: 0 })
  expect(await first).toEqual({ id: 'a' })
})

test('a code that a newer server made up is passed on', async () => {
  expect(await refusalOf(402, refused(402, 'PAYMENT_REQUIRED'))).toMatchObject({
    code: 'PAYMENT_REQUIRED',
    status: 402,
  })
})

test("Node's own 431 for headers too large", async () => {
  const { url } = await startServer((_request, response) => answer(response, 200, ok(null)))
  const client = createClient({ url, headers: { 'x-large': 'x'.repeat(20_000) } })
  expect(await rejection(client.auth.signOut.mutate())).toMatchObject({
    code: 'HEADERS_TOO_LARGE',
    status: 431,
  })
})

test.for([
  ['before an answer', ''],
  ['inside the headers', 'HTTP/1.1 200 OK\r\ncontent-type: appli'],
  ['inside the body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{"result":'],
] as const)('a connection cut %s is NETWORK with status 0', async ([, bytes]) => {
  await using server = await startSocket((socket) => socket.end(bytes))
  expect(await rejection(createClient({ url: server.url }).auth.signOut.mutate())).toMatchObject({
    code: 'NETWORK',
    status: 0,
    requestId: '',
    details: {},
    cause: expect.any(TypeError),
  })
})

test('where nobody listens is NETWORK', async () => {
  const { url } = await startSocket((socket) => socket.end()).then(async (server) => {
    await server[Symbol.asyncDispose]()
    return server
  })
  expect(await rejection(createClient({ url }).auth.signOut.mutate())).toMatchObject({
    code: 'NETWORK',
    status: 0,
  })
})

async function startSocket(behave: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => behave(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  }
}

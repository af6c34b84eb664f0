import { getEventListeners } from 'node:events'
import { getUntypedClient } from '@trpc/client'
import { expect, test, vi } from 'vitest'
import { ApiError, createClient, type StreamState } from '../index.ts'
import { createClient as createTrpcClient } from '../trpc.ts'
import { startEventServer, until, type ServedStream } from '../testing/event-server.ts'
import { answer, refused, startServer } from '../testing/test-server.ts'

const input = { topics: ['notifications' as const] }

/** Callbacks that write down what they are told. */
function notebook() {
  const told: string[] = []
  return {
    told,
    callbacks: {
      onData: ({ id }: { id: string }) => void told.push(id),
      onStarted: () => void told.push('started'),
      onStateChange: (state: StreamState, error?: ApiError) =>
        void told.push(error ? `${state}: ${error.code}` : state),
      onError: (error: ApiError) => void told.push(`error: ${error.code}`),
      onComplete: () => void told.push('complete'),
    },
  }
}

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

test('a subscription tells its events and its states, over a cut, too', async () => {
  const { url } = await startEventServer(({ response, send, cut }, number) => {
    send(number)
    if (number === 1) response.write('', () => setImmediate(cut))
  })
  const { told, callbacks } = notebook()
  const { unsubscribe } = createClient({ url }).live.stream.subscribe(input, callbacks)
  await until(() => told.includes('1-2'))
  unsubscribe()
  await until(() => told.includes('stopped'))
  expect(told).toEqual([
    'connecting',
    'live',
    'started',
    '1-1',
    'reconnecting: NETWORK',
    'live',
    'started',
    '1-2',
    'stopped',
  ])
})

test('a stream that the server ends is connected again', async () => {
  const { url, seen } = await startEventServer(({ response, send }, number) => {
    send(number)
    if (number === 1) response.end()
  })
  const { told, callbacks } = notebook()
  const { unsubscribe } = createClient({ url }).live.stream.subscribe(input, callbacks)
  await until(() => told.includes('1-2'))
  unsubscribe()
  expect(seen[1]!.headers['last-event-id']).toBe('1-1')
})

test('after the end of a subscription nothing is told, and no connection, timer or listener is left', async () => {
  const streams: ServedStream[] = []
  const { url, open } = await startEventServer((stream) => streams.push(stream))
  const timersBefore = timers()
  const controller = new AbortController()
  const client = createClient({ url })
  const { told, callbacks } = notebook()
  const given = { ...callbacks, signal: controller.signal }
  const subscriptions = Array.from({ length: 20 }, () => client.live.stream.subscribe(input, given))
  await until(() => streams.length === 20)
  streams[0]!.send(1)
  await until(() => told.includes('1-1'))
  for (const { unsubscribe } of subscriptions) unsubscribe()
  for (const { unsubscribe } of subscriptions) unsubscribe()
  streams[1]!.send(2)
  await until(() => open.size === 0)
  await until(() => timers() <= timersBefore)
  expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  expect(told.filter((line) => line === 'stopped')).toHaveLength(20)
  expect(told).not.toContain('1-2')
  expect(told).not.toContain('complete')
})

test('a signal ends it without an error', async () => {
  const { url, open } = await startEventServer(({ send }) => send(1))
  const { told, callbacks } = notebook()
  const controller = new AbortController()
  createClient({ url }).live.stream.subscribe(input, { ...callbacks, signal: controller.signal })
  await until(() => told.includes('1-1'))
  controller.abort()
  await until(() => open.size === 0 && told.includes('complete'))
  expect(told.slice(-3)).toEqual(['1-1', 'stopped', 'complete'])
})

test('a signal that was aborted before sends nothing', async () => {
  const { url, seen } = await startEventServer(() => {})
  const { told, callbacks } = notebook()
  createClient({ url }).live.stream.subscribe(input, { ...callbacks, signal: AbortSignal.abort() })
  await until(() => told.includes('complete'))
  expect(seen).toEqual([])
})

test('no attempt follows an end that comes between two', async () => {
  const { url, seen } = await startServer((_request, response) =>
    answer(response, 503, '', { 'retry-after': '3600' }),
  )
  const { told, callbacks } = notebook()
  const timersBefore = timers()
  const { unsubscribe } = createClient({ url }).live.stream.subscribe(input, callbacks)
  await until(() => told.includes('reconnecting: UNAVAILABLE'))
  unsubscribe()
  await until(() => told.includes('stopped'))
  await until(() => timers() <= timersBefore)
  expect(seen.length).toBe(1)
})

test.for([
  [400, 'VALIDATION_ERROR'],
  [401, 'UNAUTHORIZED'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
] as const)('a refusal by %i %s is the end', async ([status, code]) => {
  const { url, seen } = await startServer((_request, response) =>
    answer(response, status, { error: { code, message: 'No.', details: {}, requestId: 'r-1' } }),
  )
  const { told, callbacks } = notebook()
  createClient({ url, token: 'fixed' }).live.stream.subscribe(input, callbacks)
  await until(() => told.includes(`error: ${code}`))
  expect(told).toEqual(['connecting', `stopped: ${code}`, `error: ${code}`])
  const events = createClient({ url }).live.stream.iterate(input)
  await expect(events.next()).rejects.toMatchObject({ name: 'ApiError', code, status, requestId: 'r-1' })
  expect(await events.next()).toEqual({ done: true, value: undefined })
  expect(seen.length).toBe(2)
})

test('a token is asked for before each attempt, and one that has expired gets a second attempt', async () => {
  const { url, seen } = await startServer((request, response, number) => {
    if (request.headers.authorization === 'Bearer old')
      return answer(response, 401, refused(401, 'UNAUTHORIZED'))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`retry: 0\nid: 1-${number}\ndata: {}\n\n`, () => setImmediate(() => response.destroy()))
  })
  const tokens = ['old', 'new', 'new', 'old', 'new', 'old', 'old']
  const token = vi.fn(async () => tokens.shift()!)
  const { told, callbacks } = notebook()
  createClient({ url, token }).live.stream.subscribe(input, callbacks)
  await until(() => told.some((line) => line.startsWith('error')))
  expect(token).toHaveBeenCalledTimes(7)
  expect(seen.map(({ headers }) => headers.authorization)).toEqual(
    ['old', 'new', 'new', 'old', 'new', 'old', 'old'].map((name) => `Bearer ${name}`),
  )
  expect(told.filter((line) => /^1-|stopped|error/.test(line))).toEqual([
    '1-2',
    '1-3',
    '1-5',
    'stopped: UNAUTHORIZED',
    'error: UNAUTHORIZED',
  ])
})

test('a token that cannot be had for the moment is asked for again, a bug in its function is the end', async () => {
  const { url } = await startEventServer(({ send }) => send(1))
  const { told, callbacks } = notebook()
  const token = vi.fn(async () => 'secret')
  token.mockRejectedValueOnce(new ApiError({ code: 'NETWORK' }))
  const { unsubscribe } = createClient({ url, token }).live.stream.subscribe(input, callbacks)
  await until(() => told.includes('1-1'))
  unsubscribe()
  expect(told.slice(0, 3)).toEqual(['connecting', 'reconnecting: NETWORK', 'live'])

  const bug = new TypeError('x is not a function')
  const broken = createClient({ url, token: () => Promise.reject(bug) }).live.stream.iterate(input)
  await expect(broken.next()).rejects.toMatchObject({ code: 'INTERNAL', cause: bug })
})

test('what a callback throws is uncaught, and the stream goes on', async () => {
  const { url } = await startEventServer(({ send }) => send(1, 2))
  const uncaught: unknown[] = []
  const microtask = globalThis.queueMicrotask
  vi.stubGlobal('queueMicrotask', (task: () => void) =>
    microtask(() => {
      try {
        task()
      } catch (error) {
        uncaught.push(error)
      }
    }),
  )
  const { told, callbacks } = notebook()
  const bug = new TypeError('x is not a function')
  const { unsubscribe } = createClient({ url }).live.stream.subscribe(input, {
    ...callbacks,
    onData(event) {
      callbacks.onData(event)
      throw bug
    },
    onStateChange() {
      throw bug
    },
  })
  await until(() => told.includes('1-2') && uncaught.length === 4)
  unsubscribe()
  expect(uncaught).toEqual([bug, bug, bug, bug])
})

test("leaving a loop ends the stream, and so does an iterator's return while it waits", async () => {
  const { url, open } = await startEventServer(({ send }) => send(1))
  const client = createClient({ url })
  const { told, callbacks } = notebook()
  for await (const event of client.live.stream.iterate(input, callbacks)) {
    expect(event.id).toBe('1-1')
    break
  }
  await until(() => open.size === 0)

  const events = client.live.stream.iterate(input, callbacks)
  await events.next()
  const waiting = events.next()
  await events.return!()
  expect(await waiting).toEqual({ done: true, value: undefined })
  await until(() => open.size === 0)
  expect(told).toEqual(['connecting', 'live', 'stopped', 'connecting', 'live', 'stopped'])
})

test('a signal ends a loop', async () => {
  const { url, open } = await startEventServer(({ send }) => send(1, 2, 3))
  const controller = new AbortController()
  const taken: string[] = []
  for await (const { id } of createClient({ url }).live.stream.iterate(input, {
    signal: controller.signal,
  })) {
    taken.push(id)
    if (id === '1-2') controller.abort()
  }
  expect(taken).toEqual(['1-1', '1-2'])
  await until(() => open.size === 0)
  expect(getEventListeners(controller.signal, 'abort')).toEqual([])
})

test('a stream that nobody iterates sends nothing', async () => {
  const { url, seen } = await startEventServer(() => {})
  const { told, callbacks } = notebook()
  const events = createClient({ url }).live.stream.iterate(input, callbacks)
  expect(await events.return!()).toEqual({ done: true, value: undefined })
  expect(seen).toEqual([])
  expect(told).toEqual([])
})

test("tRPC's own words for the states are told to tRPC's own tools", async () => {
  const { url } = await startEventServer(({ response, send, cut }, number) => {
    send(number)
    if (number === 1) response.write('', () => setImmediate(cut))
  })
  const told: unknown[] = []
  const calls = getUntypedClient(createTrpcClient({ url }))
  const { unsubscribe } = calls.subscription('live.stream', input, {
    onData: (event) => void told.push(event),
    onStarted: () => void told.push('started'),
    onConnectionStateChange: ({ state, error }) =>
      void told.push(error ? [state, error instanceof ApiError] : state),
  })
  const started = ['started', 'pending']
  const event = (id: number) => expect.objectContaining({ id: `1-${id}` })
  await until(() => told.length === 8)
  unsubscribe()
  expect(told).toEqual(['connecting', ...started, event(1), ['connecting', true], ...started, event(2)])
})

test('a procedure that is no stream has none', async () => {
  const stream = createClient({ url: 'http://localhost:1' }) as unknown as {
    users: { me: { iterate(): AsyncIterator<unknown>; watch(): void } }
  }
  await expect(stream.users.me.iterate().next()).rejects.toMatchObject({
    code: 'INTERNAL',
    message: 'There is no stream users.me.',
  })
  expect(() => stream.users.me.watch()).toThrow(TypeError)
})

import type { AnyTRPCRouter } from '@trpc/server'
import { expect, test, vi } from 'vitest'
import { createClient } from '../index.ts'
import { appRouter } from '../../../api/src/router.ts'
import { eventOf, eventText, openedText, startEventServer, until } from '../testing/event-server.ts'
import { answer, startServer } from '../testing/test-server.ts'
import { routes } from './source.ts'

const topics = ['notifications' as const]

/** Takes so many events, then leaves. */
async function take<Event extends { id: string }>(events: AsyncIterable<Event>, count: number) {
  const taken: Event[] = []
  for await (const event of events) if (taken.push(event) === count) break
  return taken
}

const ids = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `1-${from + index}`)

test('events arrive as they are, each with its place in the stream', async () => {
  const { url, seen } = await startEventServer(({ send }) => send(1, 2))
  const client = createClient({ url, token: 'secret', headers: { 'x-team': 'a' } })
  const taken = await take(client.live.stream.iterate({ topics }), 2)
  expect(taken).toEqual([1, 2].map((id) => ({ id: `1-${id}`, data: eventOf(id) })))
  expect(seen).toMatchObject([
    {
      method: 'GET',
      url: '/api/v1/live?topics=notifications',
      headers: { accept: 'text/event-stream', authorization: 'Bearer secret', 'x-team': 'a' },
    },
  ])
  expect(seen[0]!.headers).not.toHaveProperty('last-event-id')
})

test('all topics travel in one connection', async () => {
  const { url, seen } = await startEventServer(({ send }) => send(1))
  await take(createClient({ url }).live.stream.iterate({ topics: ['notifications', 'security'] }), 1)
  expect(seen.map((request) => request.url)).toEqual(['/api/v1/live?topics=notifications&topics=security'])
})

test('every subscription of the API has its route, and no other has one', () => {
  const router: AnyTRPCRouter = appRouter
  const procedures: [string, { _def: { type: string; meta?: { rest?: string } } }][] = Object.entries(
    router._def.procedures,
  )
  const subscriptions = procedures.filter(([, { _def }]) => _def.type === 'subscription')
  const promised = subscriptions.map(([name, { _def }]) => [name, _def.meta?.rest])
  expect(promised).toEqual(
    Object.entries(routes).map(([name, route]) => [name, route.replace('/api/v1', 'GET ')]),
  )
})

test('what opens a stream is not shown, and is where the next connection goes on from', async () => {
  const { url, seen } = await startEventServer(({ response, send, cut }, number) => {
    if (number > 1) return send(8)
    response.write(openedText(7), cut)
  })
  const taken = await take(createClient({ url }).live.stream.iterate({ topics }), 1)
  expect(taken.map(({ id }) => id)).toEqual(['1-8'])
  expect(seen[1]!.headers['last-event-id']).toBe('1-7')
})

test('a stream goes on from the event that it is told', async () => {
  const { url, seen } = await startEventServer(({ send }) => send(8))
  const stream = createClient({ url }).live.stream.iterate({ topics, lastEventId: '1-7' })
  await take(stream, 1)
  expect(seen).toMatchObject([
    { url: '/api/v1/live?topics=notifications', headers: { 'last-event-id': '1-7' } },
  ])
})

test('1,000 events arrive once each and in order, wherever the connection is cut', async () => {
  let cuts = 0
  const { url } = await startEventServer(({ response, lastEventId, cut }) => {
    const from = Number(lastEventId?.slice(2) ?? 0) + 1
    const text = ids(from, 1_000)
      .map((id) => eventText(Number(id.slice(2))))
      .join('')
    if (cuts === 10) return void response.write(text)
    cuts++
    // Inside a character, too: the text holds some of two and of four bytes.
    const part = Buffer.from(text).subarray(0, 3_000 + Math.floor(Math.random() * 15_000))
    response.write(part, () => setImmediate(cut))
  })
  const taken = await take(createClient({ url }).live.stream.iterate({ topics }), 1_000)
  expect(taken.map(({ id }) => id)).toEqual(ids(1, 1_000))
  expect(taken[999]).toEqual({ id: '1-1000', data: eventOf(1_000) })
  expect(cuts).toBe(10)
})

test('an event is read however it is cut to pieces', async () => {
  const { url } = await startEventServer(({ response }) => {
    const bytes = [...Buffer.from(eventText(1))]
    const next = () => {
      const byte = bytes.shift()
      if (byte !== undefined) response.write(Buffer.of(byte), () => setImmediate(next))
    }
    next()
  })
  expect(await take(createClient({ url }).live.stream.iterate({ topics }), 1)).toEqual([
    { id: '1-1', data: eventOf(1) },
  ])
})

test('who takes no events makes the server wait, and gets them all afterwards', async () => {
  const total = 2_000
  const padding = 'x'.repeat(10_000)
  let sent = 0
  const { url } = await startEventServer(({ response }) => {
    const next = () => {
      while (sent < total) {
        sent++
        const data = JSON.stringify({ ...eventOf(sent), data: { padding } })
        if (!response.write(`id: 1-${sent}\ndata: ${data}\n\n`)) return void response.once('drain', next)
      }
    }
    next()
  })
  const events = createClient({ url }).live.stream.iterate({ topics })
  expect((await events.next()).value).toMatchObject({ id: '1-1' })
  let before = -1
  await vi.waitFor(
    () => {
      const grew = sent !== before
      before = sent
      if (grew) throw new Error('the server goes on')
    },
    { interval: 200, timeout: 50_000 },
  )
  expect(sent).toBeLessThan(total)
  const rest = await take(events, total - 1)
  expect(rest.map(({ id }) => id)).toEqual(ids(2, total))
})

test('two streams are two connections', async () => {
  const { url, open } = await startEventServer(({ send }) => send(1))
  const client = createClient({ url })
  const streams = [1, 2].map(() => client.live.stream.iterate({ topics }))
  await Promise.all(streams.map((stream) => stream.next()))
  expect(open.size).toBe(2)
  await Promise.all(streams.map((stream) => stream.return!()))
  await until(() => open.size === 0)
})

test('a fetch that gives answers only whole is refused in words', async () => {
  const fetch = async () => new Response(null, { headers: { 'content-type': 'text/event-stream' } })
  const stream = createClient({ url: 'http://localhost', fetch }).live.stream.iterate({ topics })
  await expect(stream.next()).rejects.toMatchObject({ code: 'INTERNAL', message: /no streams/ })
})

test('a fetch that knows no signals is ended all the same', async () => {
  const { url, open } = await startEventServer(({ send }) => send(1))
  const deaf = (to: string, { headers }: RequestInit) => fetch(to, { headers: headers! })
  await take(createClient({ url, fetch: deaf }).live.stream.iterate({ topics }), 1)
  await until(() => open.size === 0)
})

test('what cannot be read is asked for again', async () => {
  const { url, seen } = await startEventServer(({ response, send }, number) => {
    if (number < 3) send(number)
    if (number === 1) response.write('id: 1-2\ndata: {"id":\n\n')
    if (number === 2) response.write(`data: ${'x'.repeat(2 ** 21)}`)
    if (number === 3) send(3)
  })
  const taken = await take(createClient({ url }).live.stream.iterate({ topics }), 3)
  expect(taken.map(({ id }) => id)).toEqual(['1-1', '1-2', '1-3'])
  expect(seen.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '1-1', '1-2'])
})

test.for([
  ['a busy server', 503, '', {}],
  ["a proxy's 502", 502, '<h1>Bad gateway</h1>', {}],
  ['a rate limit', 429, '', { 'retry-after': '0' }],
  ['an error of the server', 500, '', {}],
  ['an error that calls itself a stream', 500, '', { 'content-type': 'text/event-stream' }],
  ['a page in the place of a stream', 200, '<h1>Sign in to the network</h1>', {}],
] as const)('a stream that meets %s is tried again', async ([, status, body, headers]) => {
  const { url, seen } = await startServer((_request, response, number) => {
    if (number < 3) return answer(response, status, body, headers)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(eventText(1))
  })
  const states: string[] = []
  const onStateChange = (state: string) => void states.push(state)
  const stream = createClient({ url }).live.stream.iterate({ topics }, { onStateChange })
  expect(await take(stream, 1)).toHaveLength(1)
  expect(seen.length).toBe(3)
  expect(states).toEqual(['connecting', 'reconnecting', 'reconnecting', 'live', 'stopped'])
})

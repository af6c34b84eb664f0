import { Agent } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, publishNumber, settled, type Person } from '@tenon/api/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openEventStream, type EventStream } from '../testing/event-stream.ts'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { bearer, errorOf, send } from '../testing/requests.ts'

let server: TestServer
let ada: Person
const streams: EventStream[] = []

beforeAll(async () => {
  server = await startTestServer()
  ada = await server.api.person('ada')
})

beforeEach(() => settled(server.api))

afterEach(async () => {
  const left = streams.splice(0)
  for (const stream of left) stream.close()
  await Promise.all(left.map(({ ended }) => ended))
  await eventually(async () => expect(await places()).toBe(0))
})

afterAll(() => server.stop())

const places = async () => (await server.api.db.selectFrom('liveStreams').select('slot').execute()).length

const input = (topics: string[], more: object = {}) =>
  `?input=${encodeURIComponent(JSON.stringify({ topics, ...more }))}`

const transports = {
  rest: (topics: string[], lastEventId?: string) =>
    `/api/v1/live?topics=${topics.join('&topics=')}${lastEventId ? `&lastEventId=${lastEventId}` : ''}`,
  trpc: (topics: string[], lastEventId?: string) =>
    `/trpc/live.stream${input(topics, lastEventId ? { lastEventId } : {})}`,
}
type Transport = keyof typeof transports
const names = Object.keys(transports) as Transport[]

async function open(path: string, headers: Record<string, string> = {}, person = ada) {
  const stream = await openEventStream(server, path, person, headers)
  streams.push(stream)
  await eventually(() => expect(stream.frames).not.toEqual([]))
  return stream
}

const publish = (n: number) => publishNumber(server.api, ada, n)

describe.each(names)('by %s', (transport) => {
  const path = transports[transport]

  it('events arrive as they happen, and nothing on the way keeps them', async () => {
    const stream = await open(path(['notifications']))
    expect(stream).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        'x-content-type-options': 'nosniff',
        'x-request-id': expect.any(String),
      },
    })
    expect(stream.headers['content-length']).toBeUndefined()
    await eventually(() => expect(stream.lastId()).toBeDefined())
    await publish(1)
    await eventually(() => expect(stream.numbers()).toEqual([1]))
  })

  it.each(['the header', 'the query'])('a stream goes on behind the id in %s', async (where) => {
    const first = await open(path(['notifications']))
    await eventually(() => expect(first.lastId()).toBeDefined())
    first.close()
    await publish(1)
    await publish(2)
    const lastId = first.lastId() ?? ''
    const inHeader = where === 'the header'
    const second = await open(
      path(['notifications'], inHeader ? '1-1' : lastId),
      inHeader ? { 'last-event-id': lastId } : {},
    )
    await eventually(() => expect(second.numbers()).toEqual([1, 2]))
    expect(JSON.stringify(second.frames)).not.toContain('stream.')
  })

  const refusals: [what: string, code: string, () => [path: string, headers: Record<string, string>]][] = [
    ['nobody', 'UNAUTHORIZED', () => [path(['notifications']), {}]],
    ['a bad token', 'UNAUTHORIZED', () => [path(['notifications']), bearer('x')]],
    ['jobs for who may not read them', 'FORBIDDEN', () => [path(['jobs']), bearer(ada.token)]],
    ['an unknown topic', 'VALIDATION_ERROR', () => [path(['weather']), bearer(ada.token)]],
    ['a topic twice', 'VALIDATION_ERROR', () => [path(['posts', 'posts']), bearer(ada.token)]],
    ['no topic', 'VALIDATION_ERROR', () => [path([]), bearer(ada.token)]],
    ['an id that was never given', 'CURSOR_INVALID', () => [path(['posts'], 'x'), bearer(ada.token)]],
    [
      'an id that was never given, in the header',
      'CURSOR_INVALID',
      () => [path(['posts']), { ...bearer(ada.token), 'last-event-id': 'x' }],
    ],
  ]

  it.each(refusals)('is refused as anywhere: %s', async (_what, code, request) => {
    const [url, headers] = request()
    expect(errorOf(await send('GET', server.url + url, { headers }), transport)).toMatchObject({ code })
  })

  it('the eleventh stream of a person is refused, with how long to wait', async () => {
    const bob = await server.api.person(`bob_${transport}`)
    for (let n = 0; n < 10; n++) await open(path(['posts']), {}, bob)
    const answer = await send('GET', server.url + path(['posts']), { headers: bearer(bob.token) })
    expect(errorOf(answer, transport)).toMatchObject({ code: 'RATE_LIMITED', status: 429 })
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    streams[0]?.close()
    await eventually(async () => expect(await places()).toBe(9))
    await open(path(['posts']), {}, bob)
  })

  it('who leaves before it begins takes no place', async () => {
    const url = new URL(server.url)
    const { token } = await server.api.person(`hasty_${transport}`)
    const head = `GET ${path(['posts'])} HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${token}\r\n\r\n`
    const leave = () =>
      new Promise<void>((resolve) => {
        const socket = connect(Number(url.port), url.hostname, () => {
          socket.write(head, () => socket.resetAndDestroy())
        })
        socket.on('error', () => {}).on('close', () => resolve())
      })
    await Promise.all(Array.from({ length: 8 }, leave))
    // Nobody tells when the server has noticed all of them; what it got wrong stays.
    await sleep(1_000)
    await eventually(async () => expect(await places()).toBe(0))
  })

  it('HEAD has the head of a stream, and opens none', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const headers = bearer(ada.token)
    const answer = await send('HEAD', server.url + path(['notifications']), { headers, agent })
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    })
    await eventually(async () => expect(await places()).toBe(0))
    const refused = await send('HEAD', server.url + path(['jobs']), { headers, agent })
    expect(refused.status).toBe(403)
    agent.destroy()
  })

  it('a stream of somebody who signed out ends, and is refused from then on', async () => {
    const eve = await server.api.person(`eve_${transport}`)
    const stream = await open(path(['security']), {}, eve)
    await eve.calls.auth.signOut()
    await stream.ended
    const answer = await send('GET', server.url + path(['security']), { headers: bearer(eve.token) })
    expect(answer.status).toBe(401)
  })

  it('who does not read is cut off, while others read on', async () => {
    const stalled = await open(path(['notifications']))
    await eventually(() => expect(stalled.lastId()).toBeDefined())
    stalled.pause()
    const reading = await open(path(['notifications']))
    const text = 'x'.repeat(7_000)
    let n = 0
    while ((await places()) > 1) {
      for (let each = 0; each < 5; each++) await publishNumber(server.api, ada, 0, { data: { text, n: ++n } })
      // Held back until another test's transaction ends, they come at once: too many for who reads, too.
      await eventually(() => expect(reading.numbers()).toHaveLength(n))
    }
    expect(reading.numbers()).toEqual(Array.from({ length: n }, (_, index) => index + 1))
    expect(reading.isOpen()).toBe(true)
  })

  it('the cookie opens a stream for pages of this site, and for no others', async () => {
    const headers = { cookie: `__Host-tenon_session=${ada.token}` }
    const answer = await send('GET', server.url + path(['posts']), { headers })
    expect(answer.status).toBe(200)
    const foreign = { ...headers, origin: 'https://elsewhere.example' }
    expect((await send('GET', server.url + path(['posts']), { headers: foreign })).status).toBe(401)
  })

  it('other methods are refused', async () => {
    const answer = await send('POST', server.url + path(['posts']), {
      headers: { ...bearer(ada.token), 'content-type': 'application/json' },
      body: '{}',
    })
    expect(errorOf(answer, transport)).toMatchObject({ code: 'METHOD_NOT_ALLOWED' })
    expect(answer.headers.allow).toBe('GET, HEAD')
  })
})

it('by REST an event is in the words of server-sent events', async () => {
  const stream = await open(transports.rest(['notifications']))
  await eventually(() => expect(stream.frames).toHaveLength(2))
  await publish(1)
  await eventually(() => expect(stream.frames).toHaveLength(3))
  const [retry, opened, event] = stream.frames
  expect(retry).toEqual({ retry: '2000' })
  expect(opened).toMatchObject({ event: 'stream', data: { kind: 'stream.opened', data: {} } })
  expect(event).toEqual({
    id: stream.lastId(),
    event: 'notifications',
    data: {
      id: stream.lastId(),
      topic: 'notifications',
      kind: 'test.happened',
      data: { n: 1 },
      at: expect.any(String),
    },
  })
})

it('a stream says every 15 s that it lives, and no limit on slow requests ends it', async () => {
  const [rest, trpc] = [await open(transports.rest(['posts'])), await open(transports.trpc(['posts']))]
  await eventually(() => expect(rest.frames.at(-1)).toEqual({ comment: 'ping' }))
  await eventually(() => expect(trpc.frames.at(-1)).toMatchObject({ event: 'ping' }))
})

it('by REST topics may be parted by commas', async () => {
  const stream = await open('/api/v1/live?topics=posts,notifications')
  await publish(1)
  await eventually(() => expect(stream.numbers()).toEqual([1]))
})

it('by tRPC an event is in its own words', async () => {
  const stream = await open(transports.trpc(['notifications']))
  await eventually(() => expect(stream.frames).toHaveLength(2))
  await publish(1)
  await eventually(() => expect(stream.frames).toHaveLength(3))
  expect(stream.frames[0]).toEqual({ event: 'connected', data: {} })
  expect(stream.frames[2]).toMatchObject({
    id: stream.lastId(),
    data: { kind: 'test.happened', data: { n: 1 } },
  })
})

it.each(['live.stream,users.me', 'live.stream'])(
  'by tRPC a stream is no part of a batch: %s',
  async (calls) => {
    const path = `/trpc/${calls}?batch=1&input=${encodeURIComponent('{"0":{"topics":["posts"]}}')}`
    const answer = await send('GET', server.url + path, { headers: bearer(ada.token) })
    expect(answer).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    })
    expect(answer.text).toContain('"code":"VALIDATION_ERROR"')
  },
)

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Person } from '@tenon/api/testing'
import { publishNumber } from '@tenon/api/testing'
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

afterEach(async () => {
  const left = streams.splice(0)
  for (const stream of left) stream.close()
  await Promise.all(left.map(({ ended }) => ended))
})

afterAll(() => server.stop())

const eventually = <T>(assertion: () => T) => vi.waitFor(assertion, { timeout: 15_000, interval: 10 })

const input = (topics: string[], more: object = {}) =>
  `?input=${encodeURIComponent(JSON.stringify({ topics, ...more }))}`

const paths = {
  rest: '/api/v1/live?topics=notifications',
  trpc: `/trpc/live.stream${input(['notifications'])}`,
}
const transports = ['rest', 'trpc'] as const

async function open(path: string, headers: Record<string, string> = {}, person = ada) {
  const stream = await openEventStream(server, path, person, headers)
  streams.push(stream)
  return stream
}

describe.each(transports)('by %s', (transport) => {
  it('events arrive as they happen, and nothing on the way keeps them', async () => {
    const stream = await open(paths[transport])
    expect(stream).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        'x-request-id': expect.any(String),
      },
    })
    await eventually(() => expect(stream.lastId()).toBeDefined())
    await publishNumber(server.api, ada, 1)
    await eventually(() => expect(stream.numbers()).toEqual([1]))
  })
})

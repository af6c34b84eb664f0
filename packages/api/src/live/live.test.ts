import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createTestApi, type Person, type TestApi } from '../testing/index.ts'
import { refusalOf } from '../testing/refusal.ts'
import { openTestStream, publishNumber, type TestStream, type TestStreamOptions } from '../testing/streams.ts'

let api: TestApi
let ada: Person
let bob: Person
const streams: TestStream[] = []

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
})

afterEach(async () => {
  const left = streams.splice(0)
  for (const stream of left) stream.leave()
  await Promise.all(left.map(({ ended }) => ended))
})

afterAll(() => api.stop())

const eventually = <T>(assertion: () => T) => vi.waitFor(assertion, { timeout: 15_000, interval: 5 })

async function open(person: Person, options?: TestStreamOptions, deps = api.deps): Promise<TestStream> {
  const stream = await openTestStream(deps, person, options)
  streams.push(stream)
  return stream
}

it('a stream begins with an id to come back with, and then brings what happens', async () => {
  const stream = await open(ada)
  expect(stream.events).toEqual([
    {
      id: expect.stringMatching(/^\d+-\d+/),
      topic: 'stream',
      kind: 'stream.opened',
      data: {},
      at: expect.any(String),
    },
  ])
  await publishNumber(api, ada, 1)
  await eventually(() => expect(stream.numbers()).toEqual([1]))
  expect(stream.events[1]).toEqual({
    id: expect.stringMatching(/^\d+-\d+$/),
    topic: 'notifications',
    kind: 'test.happened',
    data: { n: 1 },
    at: expect.any(String),
  })
})

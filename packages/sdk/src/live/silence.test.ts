import { expect, test, vi } from 'vitest'
import { createClient, type ApiError, type StreamState } from '../index.ts'
import { startEventServer, until, type ServedStream } from '../testing/event-server.ts'

const input = { topics: ['notifications' as const] }

/** A subscription by a clock that stands still until the test moves it. */
async function subscribed() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const streams: ServedStream[] = []
  const { url, open } = await startEventServer((stream) => streams.push(stream))
  const told: string[] = []
  const { unsubscribe } = createClient({ url }).live.stream.subscribe(input, {
    onData: ({ id }) => void told.push(id),
    onStateChange: (state: StreamState, error?: ApiError) =>
      void told.push(error ? `${state}: ${error.code}` : state),
  })
  await until(() => told.includes('live'))
  return { streams, told, open, unsubscribe }
}

test('a connection that is silent for 45 s is given up for another', async () => {
  const { streams, told, open, unsubscribe } = await subscribed()
  await vi.advanceTimersByTimeAsync(44_900)
  expect(told).toEqual(['connecting', 'live'])
  await vi.advanceTimersByTimeAsync(200)
  await until(() => told.includes('reconnecting: TIMEOUT'))
  await vi.advanceTimersByTimeAsync(250)
  await until(() => streams.length === 2 && open.size === 1)
  streams[1]!.send(1)
  await until(() => told.includes('1-1'))
  unsubscribe()
  await until(() => open.size === 0)
  // fetch has a clock of its own, which ticks each half second.
  await vi.advanceTimersByTimeAsync(2_000)
  expect(vi.getTimerCount()).toBe(0)
})

test('pings keep a connection on which nothing happens', async () => {
  const { streams, told, unsubscribe } = await subscribed()
  for (let ping = 1; ping <= 10; ping++) {
    await vi.advanceTimersByTimeAsync(30_000)
    streams[0]!.response.write(': ping\n\n')
    streams[0]!.send(ping)
    await until(() => told.includes(`1-${ping}`))
  }
  expect(streams).toHaveLength(1)
  unsubscribe()
})

test('a server that answers nothing at all is given up for another attempt', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const told: string[] = []
  const signals: (AbortSignal | null | undefined)[] = []
  const fetch = (_url: string, { signal }: RequestInit) => {
    signals.push(signal)
    return new Promise<Response>(() => {})
  }
  const { unsubscribe } = createClient({ url: 'http://localhost', fetch }).live.stream.subscribe(input, {
    onData: () => {},
    onStateChange: (state, error) => void told.push(error ? `${state}: ${error.code}` : state),
  })
  await vi.advanceTimersByTimeAsync(45_250)
  expect(told).toEqual(['connecting', 'reconnecting: TIMEOUT'])
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, false])
  unsubscribe()
  await vi.advanceTimersByTimeAsync(0)
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true])
  expect(vi.getTimerCount()).toBe(0)
})

test('the pause is the one that the server wishes for', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  const { streams, told, unsubscribe } = await subscribed()
  streams[0]!.response.write('retry: 4000\n\n')
  streams[0]!.send(1)
  await until(() => told.includes('1-1'))
  streams[0]!.cut()
  await until(() => told.includes('reconnecting: NETWORK'))
  await vi.advanceTimersByTimeAsync(1_990)
  await new Promise((resolve) => setImmediate(resolve))
  expect(streams).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(10)
  await until(() => streams.length === 2)
  unsubscribe()
})

test.for([
  ['an event', 125, (stream: ServedStream) => stream.send(1)],
  ['a ping', 125, ({ response }: ServedStream) => response.write(': ping\n\n')],
  ['nothing', 1_000, () => {}],
] as const)(
  'after a fourth lost connection, which brought %s, the pause is %i ms',
  async ([, pauseMs, bring]) => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const { streams, told, unsubscribe } = await subscribed()
    const lose = async ({ response, cut }: ServedStream) => {
      response.write('', () => setImmediate(cut))
      await until(() => told.at(-1) === 'reconnecting: NETWORK')
    }
    for (const number of [1, 2, 3]) {
      await lose(streams.at(-1)!)
      await vi.advanceTimersByTimeAsync(1)
      await until(() => streams.length === number + 1 && told.at(-1) === 'live')
    }
    streams[3]!.response.write('retry: 250\n\n')
    bring(streams[3]!)
    await lose(streams[3]!)
    await vi.advanceTimersByTimeAsync(pauseMs - 5)
    expect(streams).toHaveLength(4)
    await vi.advanceTimersByTimeAsync(5)
    await until(() => streams.length === 5)
    unsubscribe()
  },
)

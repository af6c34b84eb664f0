import type { EventEmitter } from 'node:events'
import { Agent, request, type ClientRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { eventually, publishNumber, type Person } from '@tenon/api/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openEventStream } from '../testing/event-stream.ts'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { useQuickPasswords } from '../testing/quick-passwords.ts'
import { bearer } from '../testing/requests.ts'

let server: TestServer
let people: Person[]

const perPerson = 10
const many = 1_000

beforeAll(async () => {
  server = await startTestServer()
  useQuickPasswords(server.api)
  people = []
  for (let n = 0; n < many / perPerson; n++) people.push(await server.api.person(`person_${n}`))
}, 60_000)

afterAll(() => server.stop())

/** What the process holds, of which each open stream takes its part. */
async function held() {
  const resources = Object.groupBy(process.getActiveResourcesInfo(), (name) => name)
  const { rows } = await sql<{ count: number }>`
    select count(*)::int from pg_stat_activity where datname = current_database()`.execute(server.api.db)
  return {
    timers: resources.Timeout?.length ?? 0,
    sockets: (resources.TCPSocketWrap?.length ?? 0) + (resources.TCPWRAP?.length ?? 0),
    listeners: [process, server.http].reduce((sum, emitter) => sum + listenersOf(emitter), 0),
    connections: rows[0]?.count ?? 0,
    places: (await server.api.db.selectFrom('liveStreams').select('slot').execute()).length,
  }
}

const listenersOf = (emitter: EventEmitter) =>
  emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0)

const paths = [
  '/api/v1/live?topics=notifications',
  '/trpc/live.stream?input=%7B%22topics%22%3A%5B%22notifications%22%5D%7D',
]

function open(token: string, path: string, agent: Agent): Promise<ClientRequest> {
  const call = request(server.url + path, { agent, headers: bearer(token) })
  const { promise, resolve, reject } = Promise.withResolvers<ClientRequest>()
  call.on('error', reject)
  call.on('response', (response) => {
    if (response.statusCode !== 200) return reject(new Error(`answered ${response.statusCode}`))
    response.on('error', () => {})
    response.once('data', () => resolve(call))
    response.resume()
  })
  call.end()
  return promise
}

type Held = Awaited<ReturnType<typeof held>>

/** What is held when it is as it should be, or in the end. To look costs as much as a stream, and a waiting vitest holds timers itself. */
async function heldOnce(isRight: (now: Held) => boolean): Promise<Held> {
  for (let looks = 1; ; looks++) {
    const now = await held()
    if (isRight(now) || looks === 400) return now
    await sleep(250)
  }
}

const isEmpty = ({ places }: Held) => places === 0

it(
  'a thousand streams, opened and closed ten times, leave nothing behind',
  { timeout: 300_000 },
  async () => {
    const agent = new Agent({ maxSockets: Infinity, keepAlive: false })
    // What is opened once and stays: the pool's connections, the one that listens.
    const warm = await Promise.all(people.map(({ token }) => open(token, paths[0]!, agent)))
    for (const call of warm) call.destroy()
    expect(await heldOnce(isEmpty)).toMatchObject({ places: 0 })
    await sleep(1_000)
    const before = await held()
    for (let round = 0; round < 10; round++) {
      const calls: ClientRequest[] = []
      for (let slot = 0; slot < perPerson; slot++)
        calls.push(...(await Promise.all(people.map(({ token }) => open(token, paths[slot % 2]!, agent)))))
      expect((await held()).places).toBe(many)
      for (const call of calls) call.destroy()
      expect(await heldOnce(isEmpty)).toMatchObject({ places: 0 })
    }
    // Connections of the pool that had nothing to do meanwhile are closed, with their sockets and timers.
    const grown = (now: Held) =>
      (Object.keys(before) as (keyof Held)[]).filter((name) => now[name] > before[name])
    const after = await heldOnce((now) => grown(now).length === 0)
    expect({ before, after, grown: grown(after) }).toMatchObject({ grown: [] })
    agent.destroy()
  },
)

it('a server that closes ends its streams at once, and waits for none', async () => {
  const stopping = await startTestServer()
  const ada = await stopping.api.person('ada')
  const streams = await Promise.all(paths.map((path) => openEventStream(stopping, path, ada)))
  await eventually(() => expect(streams.map(({ lastId }) => lastId())).not.toContain(undefined))
  await publishNumber(stopping.api, ada, 1)
  for (const stream of streams) await eventually(() => expect(stream.numbers()).toEqual([1]))
  await stopping.close()
  await Promise.all(streams.map(({ ended }) => ended))
  expect(JSON.stringify(streams.map(({ frames }) => frames))).not.toContain('"return"')
  await stopping.stop()
})

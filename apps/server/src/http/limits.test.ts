import { createServer, type AddressInfo } from 'node:net'
import { createTestDatabase } from '@tenon/api/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { startTestServer, startTestSystem, type TestServer } from '../testing/index.ts'
import { callTrpc, errorOf, send } from '../testing/requests.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const guess = { email: 'ada@example.com', password: 'Wrong7Password' }

/** What a wrong sign-in is answered with. */
async function attempt({ url }: { url: string }, forwardedFor?: string): Promise<string> {
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }
  return errorOf(await send('POST', `${url}/api/v1/auth/sessions`, { body: guess, headers }), 'rest').code
}

/** Lets three sign-ins to an account through, nine from a source. */
async function startLimited(trustProxy: string[] = []): Promise<TestServer> {
  const server = await startTestServer({ rateLimitFactor: 0.3, trustProxy })
  closing.push(() => server.stop())
  return server
}

describe('sign-ins are counted by the address', () => {
  it('of the connection, as long as nobody is trusted to tell another', async () => {
    const server = await startLimited()
    for (const address of ['198.51.100.1', '198.51.100.2', '127.0.0.1'])
      expect(await attempt(server, address)).toBe('INVALID_CREDENTIALS')
    expect(await attempt(server, '198.51.100.3')).toBe('RATE_LIMITED')
    expect(await attempt(server)).toBe('RATE_LIMITED')
  })

  it('of the connection, when others are trusted than who connects', async () => {
    const server = await startLimited(['10.0.0.0/8', '192.0.2.1'])
    for (const address of ['198.51.100.1', '10.0.0.1', '192.0.2.1'])
      expect(await attempt(server, address)).toBe('INVALID_CREDENTIALS')
    expect(await attempt(server, '198.51.100.3, 10.0.0.1')).toBe('RATE_LIMITED')
  })

  it('that the last trusted proxy saw, whatever the caller wrote before it', async () => {
    const server = await startLimited(['127.0.0.1', '10.0.0.0/8'])
    const hops = '203.0.113.7, 10.0.0.2, 10.0.0.1'
    for (const forged of ['198.51.100.1', '10.0.0.9', '127.0.0.1'])
      expect(await attempt(server, `${forged}, ${hops}`)).toBe('INVALID_CREDENTIALS')
    expect(await attempt(server, `198.51.100.4, ${hops}`)).toBe('RATE_LIMITED')
    expect(await attempt(server, hops)).toBe('RATE_LIMITED')
    expect(await attempt(server, '203.0.113.7')).toBe('RATE_LIMITED')
    expect(await attempt(server, '203.0.113.8, 10.0.0.2, 10.0.0.1')).toBe('INVALID_CREDENTIALS')
  })

  it('however it is written', async () => {
    const server = await startLimited(['127.0.0.1'])
    for (const address of ['203.0.113.7', '::ffff:203.0.113.7', '203.0.113.7:41000'])
      expect(await attempt(server, address)).toBe('INVALID_CREDENTIALS')
    expect(await attempt(server, '::FFFF:cb00:7107')).toBe('RATE_LIMITED')
    expect(await attempt(server, '0xcb007107')).toBe('RATE_LIMITED')
  })

  it('of the network, where that is IPv6', async () => {
    const server = await startLimited(['127.0.0.1'])
    for (const address of ['2001:db8:1:2::1', '2001:DB8:1:2:ffff::1', '2001:0db8:0001:0002::3'])
      expect(await attempt(server, address)).toBe('INVALID_CREDENTIALS')
    expect(await attempt(server, '2001:db8:1:2::4')).toBe('RATE_LIMITED')
    expect(await attempt(server, '2001:db8:1:3::1')).toBe('INVALID_CREDENTIALS')
  })

  it('as one, where a proxy tells what is none', async () => {
    const server = await startLimited(['127.0.0.1'])
    for (const address of ['unknown', '_hidden', 'x'.repeat(5_000)])
      expect(await attempt(server, address)).toBe('INVALID_CREDENTIALS')
    expect(await attempt(server, 'something else')).toBe('RATE_LIMITED')
  })
})

it('twenty sign-ins in two batches are counted as twenty', async () => {
  const server = await startTestServer({ rateLimitFactor: 1 })
  closing.push(() => server.stop())
  const batch = async () => {
    const path = `${Array(10).fill('auth.signIn').join()}?batch=1`
    const { json } = await callTrpc(server, 'mutation', path, { ...Array(10).fill(guess) })
    return (json as { error: { data: { code: string } } }[]).map(({ error }) => error.data.code)
  }
  expect(await batch()).toEqual(Array(10).fill('INVALID_CREDENTIALS'))
  expect(await batch()).toEqual(Array(10).fill('RATE_LIMITED'))
})

it('two servers share a limit, also where Redis is away, which stops neither their start nor their end', async () => {
  const database = await createTestDatabase()
  closing.push(() => database.drop())
  const silent = createServer((socket) => {
    socket.on('error', () => {})
    closing.push(() => socket.destroy())
  })
  await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve))
  closing.push(() => silent.close())
  const { port } = silent.address() as AddressInfo

  const env = { DATABASE_URL: database.directUrl, WORKER: 'off', RATE_LIMIT_FACTOR: '1' }
  const systems = await Promise.all([
    startTestSystem({ env: { ...env, REDIS_URL: 'redis://127.0.0.1:9' } }),
    startTestSystem({ env: { ...env, REDIS_URL: `redis://127.0.0.1:${port}` } }),
  ])
  const codes: string[] = []
  for (let round = 0; round < 6; round++)
    codes.push(...(await Promise.all(systems.map((system) => attempt(system)))))
  expect(codes).toEqual([...Array(10).fill('INVALID_CREDENTIALS'), 'RATE_LIMITED', 'RATE_LIMITED'])
  expect(await Promise.all(systems.map(({ stop }) => stop()))).toEqual([0, 0])
})

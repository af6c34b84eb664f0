import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { send } from '../testing/requests.ts'

const friend = 'https://friend.example'
const stranger = 'https://stranger.example'

let server: TestServer
beforeAll(async () => void (server = await startTestServer({ allowedOrigins: [friend] })))
afterAll(() => server.stop())

describe('across origins', () => {
  const preflight = (origin: string, path: string) =>
    send('OPTIONS', server.url + path, {
      headers: {
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization',
      },
    })
  const corsHeaders = (headers: object) =>
    Object.keys(headers).filter((name) => name.startsWith('access-control'))

  it.each(['/api/v1/users/me', '/trpc/users.update'])('an allowed page may ask about %s', async (path) => {
    const { status, headers } = await preflight(friend, path)
    expect(status).toBe(204)
    expect(headers).toMatchObject({
      'access-control-allow-origin': friend,
      'access-control-allow-methods': expect.stringContaining('PATCH'),
      'access-control-allow-headers': expect.stringContaining('Authorization'),
      vary: 'Origin',
      'x-content-type-options': 'nosniff',
    })
    expect(headers['access-control-allow-credentials']).toBeUndefined()
  })

  it('an allowed page may read answers, refusals and what it needs of their headers', async () => {
    for (const path of [
      '/api/v1/posts',
      '/api/v1/users/me',
      '/api/v1/nothing',
      '/trpc/posts.list?input={}',
      '/trpc/nothing',
    ]) {
      const { headers } = await send('GET', server.url + path, { headers: { origin: friend } })
      expect(headers['access-control-allow-origin']).toBe(friend)
      expect(headers['access-control-expose-headers']).toBe(
        'X-Request-Id, Retry-After, Location, Idempotent-Replayed',
      )
      expect(headers['access-control-allow-credentials']).toBeUndefined()
    }
  })

  it.each([stranger, 'null', `${friend}.evil.example`, 'https://FRIEND.example.'])(
    '%s may neither ask nor read',
    async (origin) => {
      expect(corsHeaders((await preflight(origin, '/api/v1/users/me')).headers)).toEqual([])
      const answer = await send('GET', `${server.url}/api/v1/posts`, { headers: { origin } })
      expect(corsHeaders(answer.headers)).toEqual([])
      expect(answer.headers.vary).toBe('Origin')
    },
  )

  it('health, documents and pages are for this origin', async () => {
    for (const path of ['/livez', '/openapi.json', '/docs', '/']) {
      expect(
        corsHeaders((await send('GET', server.url + path, { headers: { origin: friend } })).headers),
      ).toEqual([])
    }
  })
})

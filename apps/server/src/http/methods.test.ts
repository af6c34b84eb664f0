import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { bearer, callTrpc, send } from '../testing/requests.ts'

let server: TestServer
beforeAll(async () => void (server = await startTestServer()))
afterAll(() => server.stop())

async function expectNotAllowed(method: string, path: string, allowed: string) {
  const sent = method === 'POST' ? { body: {} } : {}
  const { status, headers, json } = await send(method, server.url + path, sent)
  expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: allowed })
  const error = path.startsWith('/trpc') ? { data: { httpStatus: 405 } } : { code: 'METHOD_NOT_ALLOWED' }
  if (method !== 'HEAD') expect(json).toMatchObject({ error })
}

describe('tRPC', () => {
  it('answers HEAD as GET, without the body', async () => {
    const [get, head] = [
      await callTrpc(server, 'query', 'posts.list', {}),
      await send('HEAD', `${server.url}/trpc/posts.list?input={}`),
    ]
    expect(head).toMatchObject({ status: 200, text: '' })
    expect(head.headers['content-length']).toBe(get.headers['content-length'])
  })

  it.each([
    ['HEAD', 'auth.signIn', 'POST'],
    ['GET', 'auth.signIn', 'POST'],
    ['POST', 'posts.list', 'GET, HEAD'],
    ['PUT', 'posts.list', 'GET, HEAD'],
    ['OPTIONS', 'posts.list', 'GET, HEAD'],
    ['TRACE', 'auth.signIn', 'POST'],
  ])('tells by Allow what there is instead of %s for %s', async (method, path, allowed) => {
    await expectNotAllowed(method, `/trpc/${path}`, allowed)
  })

  it('has nothing to allow for what it does not know', async () => {
    for (const name of ['nothing', 'toString', 'users'])
      expect((await send('PUT', `${server.url}/trpc/${name}`)).status).toBe(404)
  })
})

it.each(['/livez', '/readyz', '/openapi.json', '/docs', '/.well-known/jwks.json'])(
  '%s is only there to be read',
  async (path) => {
    for (const method of ['POST', 'DELETE', 'TRACE']) await expectNotAllowed(method, path, 'GET, HEAD')
  },
)

describe('REST', () => {
  it('takes a trailing slash', async () => {
    expect((await send('GET', `${server.url}/api/v1/posts/`)).status).toBe(200)
  })

  it('answers HEAD as GET, without the body', async () => {
    const [get, head] = [
      await send('GET', `${server.url}/api/v1/posts`),
      await send('HEAD', `${server.url}/api/v1/posts`),
    ]
    expect(head).toMatchObject({ status: 200, text: '' })
    expect(head.headers['content-length']).toBe(get.headers['content-length'])
  })

  it.each([
    ['PUT', '/posts', 'POST, GET, HEAD'],
    ['POST', '/users/me', 'GET, HEAD, PATCH, DELETE'],
    ['HEAD', '/auth/access-tokens', 'POST'],
    ['GET', '/posts/0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44/publish', 'POST'],
    ['OPTIONS', '/posts', 'POST, GET, HEAD'],
    ['TRACE', '/posts', 'POST, GET, HEAD'],
    ['OPTIONS', '/users/me', 'GET, HEAD, PATCH, DELETE'],
  ])('tells by Allow what there is instead of %s %s', async (method, path, allowed) => {
    await expectNotAllowed(method, `/api/v1${path}`, allowed)
  })

  it('says to nobody how to say who asks', async () => {
    for (const headers of [{}, bearer('x')]) {
      const answer = await send('GET', `${server.url}/api/v1/users/me`, { headers })
      expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    }
  })

  it('answers are kept by no cache', async () => {
    for (const path of ['/api/v1/posts', '/trpc/posts.list', '/api/v1/nothing', '/livez']) {
      expect((await send('GET', server.url + path)).headers['cache-control']).toBe('no-store')
    }
  })
})

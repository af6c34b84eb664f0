import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { bearer, callTrpc, errorOf, send, sendRaw, type Answer } from '../testing/requests.ts'
import { securityHeaders } from './headers.ts'

let server: TestServer
beforeAll(async () => void (server = await startTestServer()))
afterAll(() => server.stop())

/** A raw answer, taken apart. */
function parse(raw: string): Answer {
  const [head = '', text = ''] = raw.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => line.split(': ') as [string, string]))
  return { status: Number(statusLine.split(' ')[1]), headers, text, json: JSON.parse(text) }
}

const host = 'Host: localhost\r\n'
const hugeHeader = `X-Huge: ${'x'.repeat(20_000)}\r\n`

const answers: [what: string, status: number, () => Promise<Answer>][] = [
  ['a success by REST', 200, () => send('GET', `${server.url}/api/v1/posts`)],
  ['a success by tRPC', 200, () => callTrpc(server, 'query', 'posts.list', {})],
  ['a HEAD', 200, () => send('HEAD', `${server.url}/api/v1/posts`)],
  ['a refused input', 400, () => send('GET', `${server.url}/api/v1/posts?limit=0`)],
  ['a refused tRPC input', 400, () => callTrpc(server, 'query', 'posts.list', { limit: 0 })],
  ['an address that can not be read', 400, () => send('GET', `${server.url}/api/v1/users/%zz`)],
  ['a tRPC address that can not be read', 400, () => send('GET', `${server.url}/trpc/%zz`)],
  [
    'a Host that is none',
    400,
    () => send('GET', `${server.url}/api/v1/posts`, { headers: { host: 'a:b@c' } }),
  ],
  ['nobody', 401, () => send('GET', `${server.url}/api/v1/users/me`)],
  [
    'a forged call',
    403,
    () => send('POST', `${server.url}/api/v1/users`, { headers: { origin: 'https://x.example' } }),
  ],
  ['an unknown page', 404, () => send('GET', `${server.url}/nothing.js`)],
  ['an unknown route', 404, () => send('GET', `${server.url}/api/v1/nothing`)],
  ['an unknown procedure', 404, () => callTrpc(server, 'query', 'nothing.at.all')],
  ['a wrong method', 405, () => send('PUT', `${server.url}/api/v1/posts`)],
  [
    'a body that is too large',
    413,
    () => send('POST', `${server.url}/api/v1/users`, { body: { a: 'x'.repeat(2 ** 20) } }),
  ],
  ['an address that is too long', 414, () => send('GET', `${server.url}/api/v1/posts?${'x'.repeat(9_000)}`)],
  [
    'another content type',
    415,
    () =>
      send('POST', `${server.url}/api/v1/users`, { body: 'a', headers: { 'content-type': 'text/plain' } }),
  ],
  [
    'headers that are too large',
    431,
    async () => parse(await sendRaw(server.url, `GET / HTTP/1.1\r\n${host}${hugeHeader}\r\n`)),
  ],
  ['what is not HTTP', 400, async () => parse(await sendRaw(server.url, 'HELO example.com\r\n\r\n'))],
  [
    'a header that is none',
    400,
    async () => parse(await sendRaw(server.url, `GET / HTTP/1.1\r\n${host}bad header\r\n\r\n`)),
  ],
  [
    'a request without a Host',
    400,
    async () => parse(await sendRaw(server.url, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n')),
  ],
  [
    'two Hosts',
    400,
    async () => parse(await sendRaw(server.url, `GET / HTTP/1.1\r\n${host}${host}Connection: close\r\n\r\n`)),
  ],
  [
    'two lengths',
    400,
    async () =>
      parse(
        await sendRaw(
          server.url,
          `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        ),
      ),
  ],
  [
    'an Expect that nobody knows',
    200,
    () => send('GET', `${server.url}/api/v1/posts`, { headers: { expect: 'the-unexpected' } }),
  ],
  ['health', 200, () => send('GET', `${server.url}/livez`)],
  ['the keys', 200, () => send('GET', `${server.url}/.well-known/jwks.json`)],
  ['the API document', 200, () => send('GET', `${server.url}/openapi.json`)],
  ['the API reference', 200, () => send('GET', `${server.url}/docs`)],
]

describe('security headers and a request id are on the answer to', () => {
  const { 'content-security-policy': policy, ...others } = securityHeaders(false)

  it.each(answers)('%s (%i)', async (_what, status, ask) => {
    const answer = await ask()
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject(others)
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(answer.headers['x-request-id']).toMatch(/^[\w-]{8,}$/)
    expect(answer.headers['x-powered-by'] ?? answer.headers.server).toBeUndefined()
    expect(policy).toBe("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
  })

  it('and behind https, that it stays so', async () => {
    const secure = await startTestServer({ publicUrl: 'https://tenon.example', isProduction: true })
    const { headers } = await send('GET', `${secure.url}/livez`)
    expect(headers['strict-transport-security']).toBe('max-age=63072000')
    await secure.stop()
  })
})

describe('every failure is in the envelope', () => {
  it.each(answers.filter(([what, status]) => status >= 400 && !/tRPC|procedure/.test(what)))(
    '%s',
    async (_what, status, ask) => {
      expect(errorOf(await ask(), 'rest').status).toBe(status)
    },
  )

  it.each<[string, string, string, () => Promise<Answer>]>([
    ['an address that can not be read', '', 'VALIDATION_ERROR', () => send('GET', `${server.url}/trpc/%zz`)],
    ['no procedure at all', '', 'NOT_FOUND', () => send('GET', `${server.url}/trpc`)],
    ['a path below a procedure', '', 'NOT_FOUND', () => send('POST', `${server.url}/trpc/users/create`)],
    ['an unknown procedure', '', 'NOT_FOUND', () => callTrpc(server, 'mutation', 'users.nothing', {})],
    ['a query by POST', '', 'METHOD_NOT_ALLOWED', () => callTrpc(server, 'mutation', 'posts.list', {})],
    [
      'a method that tRPC does not know',
      '',
      'METHOD_NOT_ALLOWED',
      () => send('PUT', `${server.url}/trpc/posts.list`, { body: {} }),
    ],
    [
      'a large body',
      '',
      'PAYLOAD_TOO_LARGE',
      () => callTrpc(server, 'mutation', 'users.create', { a: 'x'.repeat(2 ** 20) }),
    ],
    [
      'a long address',
      '',
      'URI_TOO_LONG',
      () => send('GET', `${server.url}/trpc/posts.list?input=${'x'.repeat(9_000)}`),
    ],
    [
      'a bad bearer',
      '',
      'UNAUTHORIZED',
      () => callTrpc(server, 'query', 'posts.list', {}, { headers: bearer('x') }),
    ],
    [
      'procedures of two kinds in a batch',
      '',
      'VALIDATION_ERROR',
      () => callTrpc(server, 'mutation', 'posts.list,users.create?batch=1', {}),
    ],
    [
      'connection parameters that are no JSON',
      '',
      'VALIDATION_ERROR',
      () => send('GET', `${server.url}/trpc/posts.list?connectionParams={`),
    ],
    [
      'large headers',
      '',
      'HEADERS_TOO_LARGE',
      async () =>
        parse(await sendRaw(server.url, `GET /trpc/posts.list HTTP/1.1\r\n${host}${hugeHeader}\r\n`)),
    ],
  ])('of tRPC under /trpc: %s', async (_what, _, code, ask) => {
    expect(errorOf(await ask(), 'trpc').code).toBe(code)
  })

  it('says nothing of what went wrong inside', async () => {
    const { db } = server.api
    const ada = await server.api.person('ada')
    await db.schema.alterTable('posts').renameTo('posts_away').execute()
    const rest = errorOf(await send('GET', `${server.url}/api/v1/posts`), 'rest')
    const trpc = errorOf(await callTrpc(server, 'query', 'posts.list', {}), 'trpc')
    const written = await send('POST', `${server.url}/api/v1/posts`, {
      body: { title: 'a', body: '' },
      headers: bearer(ada.token),
    })
    await db.schema.alterTable('posts_away').renameTo('posts').execute()
    expect(rest).toEqual({
      status: 500,
      code: 'INTERNAL',
      message: 'Something went wrong on our side.',
      details: {},
    })
    expect(trpc).toEqual(rest)
    expect(errorOf(written, 'rest')).toEqual(rest)
    expect(server.api.logged.filter(({ level }) => level === 'error')).toHaveLength(3)
  })
})

describe('a request id', () => {
  it.each(['0198c5f2-6a52-7c3e', 'trace:abc.123_x-9'])(
    'that is well-formed is taken over: %s',
    async (id) => {
      const answer = await send('GET', `${server.url}/api/v1/users/me`, { headers: { 'x-request-id': id } })
      expect(answer.headers['x-request-id']).toBe(id)
      expect(answer.json).toMatchObject({ error: { requestId: id } })
    },
  )

  it.each(['short', 'x'.repeat(129), 'with space here', '<script>alert(1)</script>', '"quoted-and-long"'])(
    'that is not is replaced: %s',
    async (id) => {
      const answer = await send('GET', `${server.url}/livez`, { headers: { 'x-request-id': id } })
      expect(answer.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/)
    },
  )

  it('is a new one for each request', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await send('GET', `${server.url}/livez`)).headers['x-request-id']),
    )
    expect(new Set(ids).size).toBe(3)
  })
})

describe.concurrent('a connection', () => {
  it('with garbage behind a request is cut: the garbage is not answered in its place', async ({ expect }) => {
    const bytes = `GET /api/v1/posts HTTP/1.1\r\n${host}\r\n{"garbage"`
    expect(await sendRaw(server.url, bytes)).toBe('')
  })

  it('that sends its headers too slowly is told so and closed', async ({ expect }) => {
    const answer = parse(await sendRaw(server.url, `GET /api/v1/posts HTTP/1.1\r\n${host}`))
    expect(errorOf(answer, 'rest')).toMatchObject({
      status: 400,
      details: { fields: { '': ['The request took too long to arrive'] } },
    })
  })

  it('that never ends its body is told so and closed', async ({ expect }) => {
    const head = `POST /api/v1/users HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`
    expect(errorOf(parse(await sendRaw(server.url, head)), 'rest').status).toBe(400)
  })
})

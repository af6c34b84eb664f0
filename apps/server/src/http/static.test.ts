import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { errorOf, send } from '../testing/requests.ts'

let webRoot: string
let server: TestServer

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), 'tenon-web-'))
  await mkdir(join(webRoot, 'assets'))
  const files = {
    'index.html': '<!doctype html><title>Tenon</title>',
    'routes.json': '["/", "/posts/$id", "/settings/sessions"]',
    'favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'assets/index-Ab12Cd34.js': 'export {}',
    'assets/index-Ab12Cd34.js.br': 'in brotli',
    'assets/index-Ab12Cd34.js.gz': 'in gzip',
    'assets/inter-Ab12Cd34.woff2': 'font',
    '.env': 'SECRET=hunter2',
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(webRoot, name), content)
  server = await startTestServer({ webRoot })
})
afterAll(async () => {
  await server.stop()
  await rm(webRoot, { recursive: true })
})

const open = (path: string, method = 'GET') =>
  send(method, server.url + path, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })

describe('the web app', () => {
  it.each([
    '/',
    '/posts/0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44',
    '/settings/sessions',
    '/settings/sessions/',
    '/?from=mail',
  ])('is shown at %s', async (path) => {
    const answer = await open(path)
    expect(answer).toMatchObject({
      status: 200,
      text: '<!doctype html><title>Tenon</title>',
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
    })
  })

  it.each(['/nothing', '/posts', '/posts/1/nothing', '/assets/', '/wp-login.php'])(
    'shows its own page for %s, as a 404',
    async (path) => {
      expect(await open(path)).toMatchObject({ status: 404, text: '<!doctype html><title>Tenon</title>' })
    },
  )

  it('shows it to who accepts anything, too, and without a body for HEAD', async () => {
    for (const headers of [{}, { accept: '*/*' }, { accept: '' }] as Record<string, string>[]) {
      const answer = await send('GET', `${server.url}/nothing?to=a.b`, { headers })
      expect(answer).toMatchObject({ status: 404, headers: { 'content-type': 'text/html; charset=utf-8' } })
    }
    expect(await open('/nothing', 'HEAD')).toMatchObject({ status: 404, text: '' })
  })

  it('runs under a policy without anything unsafe', async () => {
    const { headers } = await open('/')
    const policy = String(headers['content-security-policy'])
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ]),
    )
    expect(policy).not.toMatch(/unsafe|\*|data:|http/)
  })

  it('what its name says the content of is kept for a year, everything else is asked for again', async () => {
    const asset = await send('GET', `${server.url}/assets/index-Ab12Cd34.js`)
    expect(asset).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'application/javascript; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      },
    })
    expect((await send('GET', `${server.url}/favicon.svg`)).headers['cache-control']).toBe('no-cache')
    const headers = { 'if-none-match': asset.headers.etag ?? '' }
    expect((await send('GET', `${server.url}/assets/index-Ab12Cd34.js`, { headers })).status).toBe(304)
  })

  it.each([
    ['gzip, deflate, br', 'br', 'in brotli'],
    ['gzip', 'gzip', 'in gzip'],
    ['identity', undefined, 'export {}'],
  ])('is sent as it was compressed at the build, to who accepts %s', async (accepted, encoding, text) => {
    const headers = { 'accept-encoding': accepted }
    const asset = await send('GET', `${server.url}/assets/index-Ab12Cd34.js`, { headers })
    expect(asset).toMatchObject({ status: 200, text, headers: { vary: 'accept-encoding' } })
    expect(asset.headers).toMatchObject({ 'content-type': 'application/javascript; charset=utf-8' })
    expect(asset.headers['content-encoding']).toBe(encoding)
    expect(asset.headers['cache-control']).toContain('immutable')
  })

  it.each([
    '/assets/missing.js',
    '/index.html',
    '/routes.json',
    '/.env',
    '/..%2f..%2fetc%2fpasswd',
    '/assets/..%2f..%2f..%2fetc/passwd',
  ])('does not give out %s', async (path) => {
    const answer = await send('GET', server.url + path)
    expect(answer.status).toBe(404)
    expect(answer.text).not.toMatch(/hunter2|root:|settings/)
  })

  it('is no answer to what is not a navigation', async () => {
    for (const answer of [
      await open('/nothing', 'POST'),
      await open('/', 'DELETE'),
      await send('GET', `${server.url}/nothing`, { headers: { accept: 'application/json' } }),
      await send('GET', `${server.url}/nothing.png`, { headers: { accept: 'image/png,*/*' } }),
    ]) {
      expect(errorOf(answer, 'rest').status).toBe(404)
    }
    for (const path of ['/api/v1/nothing', '/trpc/nothing/at/all']) {
      expect((await open(path)).headers['content-type']).toContain('application/json')
    }
  })
})

it('without a built web app the API is served all the same', async () => {
  const bare = await startTestServer({ webRoot: join(webRoot, 'nothing') })
  expect((await send('GET', `${bare.url}/api/v1/posts`)).status).toBe(200)
  expect(errorOf(await send('GET', bare.url, { headers: { accept: 'text/html' } }), 'rest').status).toBe(404)
  await bare.stop()
})

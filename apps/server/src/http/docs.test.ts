import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { send } from '../testing/requests.ts'

let server: TestServer
beforeAll(async () => void (server = await startTestServer()))
afterAll(() => server.stop())

describe('the API reference', () => {
  it('is a page of this origin alone, so that it works offline', async () => {
    const page = await send('GET', `${server.url}/docs`)
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
    const addresses = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address)
    expect(addresses).toEqual(['/docs/scalar.js', '/docs/start.js'])
    const policy = page.headers['content-security-policy'] ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("base-uri 'none'")
    expect(policy).not.toMatch(/http|\*/)
  })

  it('brings its script along', async () => {
    const response = await fetch(`${server.url}/docs/scalar.js`)
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(await response.text()).toContain('createApiReference')
    for (const accepted of ['', 'identity', 'br, gzip;q=0']) {
      const plain = await send('GET', `${server.url}/docs/scalar.js`, {
        headers: { 'accept-encoding': accepted },
      })
      expect(plain.headers['content-encoding']).toBeUndefined()
      expect(plain.headers.vary).toBe('accept-encoding')
      expect(plain.text).toContain('createApiReference')
    }
    const start = await send('GET', `${server.url}/docs/start.js`)
    expect(start.text).toContain('"url":"/openapi.json"')
    expect(start.text).toContain('"withDefaultFonts":false')
  })
})

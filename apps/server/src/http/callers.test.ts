import { createPublicKey, verify, type JsonWebKey } from 'node:crypto'
import { password } from '@tenon/api/testing'
import { describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { bearer, errorOf, send } from '../testing/requests.ts'

/** Where the server sees a person who signs in with these headers. */
async function seenAddress(server: TestServer, headers: Record<string, string>): Promise<unknown> {
  const body = { email: 'ada@example.com', password, tokenInBody: true }
  const { json } = await send('POST', `${server.url}/api/v1/auth/sessions`, { body, headers })
  return (json as { session: { ip: string } }).session.ip
}

describe('a caller is known by the address', () => {
  it('of the connection, whatever the headers say', async () => {
    const server = await startTestServer()
    await server.api.person('ada')
    expect(
      await seenAddress(server, { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' }),
    ).toBe('127.0.0.1')
    await server.stop()
  })

  it('that a trusted proxy tells, and no further than those that are trusted', async () => {
    const server = await startTestServer({ trustProxy: ['127.0.0.1', '10.0.0.0/8'] })
    await server.api.person('ada')
    expect(await seenAddress(server, { 'x-forwarded-for': '203.0.113.9, 10.1.2.3' })).toBe('203.0.113.9')
    expect(await seenAddress(server, { 'x-forwarded-for': '127.0.0.1, 203.0.113.9' })).toBe('203.0.113.9')
    await server.stop()
  })

  it('so a made-up one does not get past a limit', async () => {
    const server = await startTestServer({ rateLimitFactor: 0.1 })
    const attempt = (index: number) =>
      send('POST', `${server.url}/api/v1/auth/password-resets`, {
        body: { email: 'ada@example.com' },
        headers: { 'x-forwarded-for': `203.0.113.${index}` },
      })
    expect((await attempt(1)).status).toBe(200)
    expect(errorOf(await attempt(2), 'rest').code).toBe('RATE_LIMITED')
    await server.stop()
  })
})

describe('an access token', () => {
  it('is checked by the published keys, without asking, and opens Tenon’s own doors', async () => {
    const server = await startTestServer()
    const ada = await server.api.person('ada')
    const issued = await send('POST', `${server.url}/api/v1/auth/access-tokens`, {
      headers: bearer(ada.token),
    })
    expect(issued.json).toEqual({
      accessToken: expect.any(String),
      tokenType: 'Bearer',
      expiresInSeconds: 900,
    })
    const { accessToken } = issued.json as { accessToken: string }

    const [header = '', claims = '', signature = ''] = accessToken.split('.')
    const { kid, alg } = JSON.parse(Buffer.from(header, 'base64url').toString())
    const published = await send('GET', `${server.url}/.well-known/jwks.json`)
    expect(published.headers['cache-control']).toBe('public, max-age=300')
    const { keys } = published.json as { keys: (JsonWebKey & { kid: string })[] }
    const jwk = keys.find((key) => key.kid === kid)
    expect(jwk).toEqual({ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid, alg, use: 'sig' })
    const key = createPublicKey({ key: jwk ?? {}, format: 'jwk' })
    expect(verify(null, Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(
      true,
    )

    const me = await send('GET', `${server.url}/api/v1/users/me`, { headers: bearer(accessToken) })
    expect(me).toMatchObject({ status: 200, json: { username: 'ada' } })
    await server.stop()
  })
})

import type { Person } from '@tenon/api/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sessionCookie } from '../testing/cast.ts'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { bearer, callTrpc, send, type Answer } from '../testing/requests.ts'

let server: TestServer
let root: Person
let ada: Person
let accessToken: string
let people = 0
beforeAll(async () => {
  server = await startTestServer()
  root = await server.api.person('root', { role: 'admin' })
})
beforeEach(async () => {
  ada = await server.api.person(`ada_${++people}`, { role: 'moderator' })
  accessToken = (await ada.calls.auth.accessToken()).accessToken
})
afterAll(() => server.stop())

const act = (action: string, body: object = {}, method = 'POST') =>
  send(method, `${server.url}/api/v1/admin/users/${ada.user.id}/${action}`, {
    body,
    headers: bearer(root.token),
  })

const batch = async (headers: Record<string, string>) => {
  const paths = 'users.me,auth.session,auth.sessions.list'
  const answer = await send('GET', `${server.url}/trpc/${paths}?batch=1&input={}`, { headers })
  return (answer.json as { error?: { data: { code: string } } }[]).map(
    ({ error }) => error?.data.code ?? 'OK',
  )
}

/** By every way in: REST, tRPC, a batch, a change, an access token. */
async function outcomes() {
  const cookie = { cookie: sessionCookie(ada.token), origin: server.url }
  const statuses: Answer[] = []
  for (const headers of [bearer(ada.token), cookie, bearer(accessToken)]) {
    statuses.push(await send('GET', `${server.url}/api/v1/users/me`, { headers }))
    statuses.push(await callTrpc(server, 'query', 'users.me', undefined, { headers }))
    statuses.push(
      await send('PATCH', `${server.url}/api/v1/users/me`, { headers, body: { name: 'Changed' } }),
    )
  }
  return {
    alone: [...new Set(statuses.map(({ status }) => status))],
    inBatch: [...new Set([...(await batch(bearer(ada.token))), ...(await batch(cookie))])],
  }
}

const shutOut = { alone: [401], inBatch: ['UNAUTHORIZED'] }

describe('holds on the very next request, by every way in:', () => {
  it('a suspension; lifting it opens a new sign-in, and no old session', async () => {
    expect(await outcomes()).toEqual({ alone: [200], inBatch: ['OK'] })
    expect((await act('suspend', { reason: 'spam' })).status).toBe(200)
    expect(await outcomes()).toEqual(shutOut)
    expect((await act('restore')).status).toBe(200)
    expect(await outcomes()).toEqual(shutOut)
    const body = { email: ada.email, password: 'Correct7Horse' }
    expect((await send('POST', `${server.url}/api/v1/auth/sessions`, { body })).status).toBe(201)
  })

  it('the end of one session, while another of theirs lives', async () => {
    const { email } = ada
    const input = { email, password: 'Correct7Horse', tokenInBody: true }
    const { token = '' } = await server.api.nobody.auth.signIn(input)
    const { session } = await ada.calls.auth.session()
    const url = `${server.url}/api/v1/auth/sessions/${session.id}`
    expect((await send('DELETE', url, { headers: bearer(token) })).status).toBe(204)
    expect(await outcomes()).toEqual(shutOut)
    const me = await send('GET', `${server.url}/api/v1/users/me`, { headers: bearer(token) })
    expect(me.status).toBe(200)
  })

  it('the end of all sessions', async () => {
    expect(await act('end-sessions')).toMatchObject({ status: 200, json: { revoked: 1 } })
    expect(await outcomes()).toEqual(shutOut)
  })

  it('leaving', async () => {
    expect(
      (await send('DELETE', `${server.url}/api/v1/users/me`, { headers: bearer(ada.token) })).status,
    ).toBe(204)
    expect(await outcomes()).toEqual(shutOut)
  })

  it('another role, given and taken', async () => {
    const list = async () => {
      const headers = bearer(ada.token)
      const rest = await send('GET', `${server.url}/api/v1/admin/users`, { headers })
      const trpc = await callTrpc(server, 'query', 'admin.users.list', {}, { headers })
      return [rest.status, trpc.status]
    }
    expect(await list()).toEqual([200, 200])
    expect((await act('role', { role: 'user' }, 'PUT')).status).toBe(200)
    expect(await list()).toEqual([403, 403])
    expect((await act('role', { role: 'admin' }, 'PUT')).status).toBe(200)
    expect(await list()).toEqual([200, 200])
    await act('role', { role: 'user' }, 'PUT')
  })
})

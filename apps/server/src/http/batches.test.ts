import { password } from '@tenon/api/testing'
import { afterAll, expect, test } from 'vitest'
import { startTestServer } from '../testing/index.ts'
import { bearer, callTrpc, send } from '../testing/requests.ts'

const server = await startTestServer()
afterAll(() => server.stop())

test('each call of a batch with a bad bearer is refused, under the id of the request', async () => {
  const address = `${server.url}/trpc/posts.list,users.me?batch=1&input={}`
  const { status, headers, json } = await send('GET', address, { headers: bearer('x') })
  const data = { code: 'UNAUTHORIZED', httpStatus: 401, requestId: headers['x-request-id'] }
  expect(status).toBe(401)
  expect(json).toEqual([
    { error: expect.objectContaining({ data: expect.objectContaining(data) }) },
    { error: expect.objectContaining({ data: expect.objectContaining(data) }) },
  ])
})

test('so is each call of a batch that is answered line by line', async () => {
  const address = `${server.url}/trpc/posts.list,users.me?batch=1&input={}`
  const sent = { headers: { ...bearer('x'), 'trpc-accept': 'application/jsonl' } }
  const { status, headers, text } = await send('GET', address, sent)
  expect(status).toBe(200)
  expect(text.match(/"code":"UNAUTHORIZED"/g)).toHaveLength(2)
  expect(text.split(`"requestId":"${String(headers['x-request-id'])}"`)).toHaveLength(3)
})

test('signing in is no call for a stream, whose headers are gone before the cookie is known', async () => {
  const ada = await server.api.person('ada')
  const { text } = await callTrpc(
    server,
    'mutation',
    'auth.signIn?batch=1',
    { 0: { email: ada.email, password } },
    {
      headers: { 'trpc-accept': 'application/jsonl' },
    },
  )
  expect(text).toContain('"code":"INTERNAL"')
  expect(text).not.toContain('"session"')
})

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

test.each(['trpc-accept', 'accept'])('is not answered line by line, though %s asks for it', async (name) => {
  const ada = await server.api.person(`ada_${name.length}`)
  const calls = { 0: { email: ada.email, password } }
  const sent = { headers: { [name]: 'application/jsonl' } }
  const { status, headers, json } = await callTrpc(server, 'mutation', 'auth.signIn?batch=1', calls, sent)
  expect({ status, json }).toMatchObject({
    status: 200,
    json: [{ result: { data: { user: { email: ada.email } } } }],
  })
  expect(headers['set-cookie']).toHaveLength(1)
})

test('is JSON by its type, however its calls fare', async () => {
  const input = encodeURIComponent(JSON.stringify({ 0: {}, 1: { id: 'x' } }))
  const mixed = await send('GET', `${server.url}/trpc/posts.list,posts.get?batch=1&input=${input}`)
  const refused = await send('GET', `${server.url}/trpc/posts.list?batch=1&input={}`, {
    headers: bearer('x'),
  })
  const tooMany = await send(
    'GET',
    `${server.url}/trpc/${Array(11).fill('posts.list').join()}?batch=1&input={}`,
  )
  for (const [answer, status] of [
    [mixed, 207],
    [refused, 401],
    [tooMany, 400],
  ] as const) {
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.headers.vary).toMatch(/^Origin, /)
  }
})

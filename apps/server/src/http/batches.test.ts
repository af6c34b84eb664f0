import { afterAll, expect, test } from 'vitest'
import { startTestServer } from '../testing/index.ts'
import { bearer, send } from '../testing/requests.ts'

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

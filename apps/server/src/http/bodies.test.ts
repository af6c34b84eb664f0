import type { Person } from '@tenon/api/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { expectRefused } from '../testing/refusals.ts'
import { bearer, callTrpc, errorOf, send } from '../testing/requests.ts'

let server: TestServer
let ada: Person

beforeAll(async () => {
  server = await startTestServer()
  ada = await server.api.person('ada')
})
afterAll(() => server.stop())

const good = { email: 'bob@example.com', username: 'bob', password: 'Correct7Horse' }

describe('a body', () => {
  const both = (sent: { body?: string | Buffer; headers: Record<string, string> }) => ({
    rest: send('POST', `${server.url}/api/v1/users`, sent),
    trpc: send('POST', `${server.url}/trpc/users.create`, sent),
  })
  const json = { 'content-type': 'application/json' }

  it.each([
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/octet-stream',
    'application/xml',
    'application/jsonp',
    'application/json-patch+json',
    'json',
  ])('of type %s is a 415', async (type) => {
    await expectRefused(
      both({ body: JSON.stringify(good), headers: { 'content-type': type } }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    )
  })

  it.each([
    ['packed', { 'content-encoding': 'gzip' }],
    ['packed twice', { 'content-encoding': 'identity, br' }],
    ['in Latin 1', { 'content-type': 'application/json; charset=iso-8859-1' }],
    ['in quoted UTF-16', { 'content-type': 'application/json;charset="utf-16"' }],
  ])('that says that it is %s is a 415', async (_what, headers) => {
    await expectRefused(
      both({ body: JSON.stringify(good), headers: { ...json, ...headers } }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    )
  })

  it('may say that it is plain UTF-8', async () => {
    const headers = { 'content-type': 'application/json; charset="UTF-8"', 'content-encoding': 'identity' }
    await expectRefused(both({ body: '{}', headers }), 400, 'VALIDATION_ERROR')
  })

  it('without a type is a 415', async () => {
    await expectRefused(both({ body: JSON.stringify(good), headers: {} }), 415, 'UNSUPPORTED_MEDIA_TYPE')
  })

  it.each(['{', '{"email":', '{"a":1,}', "{'a':1}", 'undefined', '{"a":1}{"b":2}', 'NaN'])(
    'that is no JSON is refused: %s',
    async (body) => {
      await expectRefused(both({ body, headers: json }), 400, 'VALIDATION_ERROR')
    },
  )

  it('that is no UTF-8 is refused', async () => {
    const [before = '', after = ''] = JSON.stringify({ ...good, name: '|' }).split('|')
    const body = Buffer.from([...Buffer.from(before), 0xff, 0xfe, ...Buffer.from(after)])
    const { details } = await expectRefused(both({ body, headers: json }), 400, 'VALIDATION_ERROR')
    expect(details).toEqual({ fields: { '': ['This is not valid UTF-8'] } })
  })

  it.each([
    ['arrays', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('of 10,000 nested %s is refused', async (_what, open, close) => {
    const body = `${open.repeat(10_000)}1${close.repeat(10_000)}`
    const refused = await expectRefused(both({ body, headers: json }), 400, 'VALIDATION_ERROR')
    expect(refused.details).toEqual({ fields: { '': ['JSON may be nested 64 deep'] } })
  })

  it('over 1 MiB is a 413', async () => {
    const body = JSON.stringify({ ...good, name: 'x'.repeat(1_048_576) })
    await expectRefused(both({ body, headers: json }), 413, 'PAYLOAD_TOO_LARGE')
  })

  it('over 1 MiB is a 413 also when its length is not announced', async () => {
    const body = JSON.stringify({ ...good, name: 'x'.repeat(1_048_576) })
    await expectRefused(
      both({ body, headers: { ...json, 'transfer-encoding': 'chunked' } }),
      413,
      'PAYLOAD_TOO_LARGE',
    )
  })

  it('has to be there where something is asked for', async () => {
    const { rest, trpc } = both({ headers: json })
    expect(errorOf(await rest, 'rest')).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' })
    expect(errorOf(await trpc, 'trpc')).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' })
  })

  it('may not repeat what is in the path', async () => {
    const post = await ada.calls.posts.create({ title: 'Notes', body: '' })
    const body = { id: post.id, title: 'Changed', version: post.version }
    const answer = await send('PATCH', `${server.url}/api/v1/posts/${post.id}`, {
      body,
      headers: bearer(ada.token),
    })
    expect(errorOf(answer, 'rest').details).toEqual({ fields: { id: ['Unknown field'] } })
    await ada.calls.posts.delete({ id: post.id })
  })

  it('is refused where nothing is asked for', async () => {
    const answer = await send('DELETE', `${server.url}/api/v1/users/me`, {
      body: { sure: true },
      headers: bearer(ada.token),
    })
    expect(errorOf(answer, 'rest')).toMatchObject({
      status: 400,
      details: { fields: { sure: ['Unknown field'] } },
    })
  })
})

describe('a tRPC call', () => {
  it.each([
    ['multipart/form-data; boundary=x'],
    ['text/plain'],
    ['application/octet-stream'],
    ['application/x-www-form-urlencoded'],
  ])('without a body is a 415, too, with the type %s', async (type) => {
    const headers = { 'content-type': type, ...bearer(ada.token) }
    for (const method of ['GET', 'POST']) {
      const answer = await send(method, `${server.url}/trpc/users.delete`, { headers })
      expect(errorOf(answer, 'trpc')).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' })
    }
    await expect(ada.calls.users.me()).resolves.toMatchObject({ username: 'ada' })
  })

  it('without an input is refused a body that is no JSON', async () => {
    const answer = await callTrpc(server, 'mutation', 'users.delete', undefined, {
      headers: bearer(ada.token),
      body: '{',
    })
    expect(errorOf(answer, 'trpc')).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' })
    await expect(ada.calls.users.me()).resolves.toMatchObject({ username: 'ada' })
  })

  it.each([
    ['no JSON', '{', 'This is not valid JSON'],
    ['3,000 nested arrays', `${'['.repeat(3_000)}${']'.repeat(3_000)}`, 'JSON may be nested 64 deep'],
  ])('is refused an input in the query that is %s', async (_what, input, message) => {
    const answer = await send('GET', `${server.url}/trpc/posts.list?input=${input}`)
    expect(errorOf(answer, 'trpc')).toMatchObject({ status: 400, details: { fields: { '': [message] } } })
  })

  const batchOf = (size: number) => Array.from({ length: size }, () => 'posts.list').join(',')

  it('may hold ten others', async () => {
    const answer = await send('GET', `${server.url}/trpc/${batchOf(10)}?batch=1&input={}`)
    expect(answer.status).toBe(400)
    expect(answer.json).toHaveLength(10)
  })

  it('may not hold eleven', async () => {
    for (const sent of [
      send('GET', `${server.url}/trpc/${batchOf(11)}?batch=1&input={}`),
      callTrpc(server, 'mutation', `${Array(11).fill('auth.signIn').join(',')}?batch=1`, {}),
    ]) {
      expect(errorOf(await sent, 'trpc')).toMatchObject({ status: 400, code: 'BATCH_TOO_LARGE' })
    }
  })

  it('with calls that fare differently is a 207', async () => {
    const input = encodeURIComponent(JSON.stringify({ 0: {}, 1: { id: 'x' } }))
    const answer = await send('GET', `${server.url}/trpc/posts.list,posts.get?batch=1&input=${input}`)
    expect(answer).toMatchObject({
      status: 207,
      json: [{ result: {} }, { error: { data: { code: 'VALIDATION_ERROR' } } }],
    })
  })
})

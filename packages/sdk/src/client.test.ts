import { getEventListeners } from 'node:events'
import { expect, test, vi } from 'vitest'
import { ApiError, createClient } from './index.ts'
import { rejection } from './testing/rejection.ts'
import { echo, startServer } from './testing/test-server.ts'

const id = '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44'

test('calls made in one tick travel together, queries by GET and mutations by POST', async () => {
  const { url, seen } = await startServer(echo)
  const client = createClient({ url })
  const email = 'ada@example.com'
  await Promise.all([
    client.users.me.query(),
    client.users.get.query({ id }),
    client.auth.signOut.mutate(),
    client.auth.password.requestReset.mutate({ email }),
  ])
  expect(seen.map(({ method, paths }) => [method, paths])).toEqual([
    ['GET', ['users.me', 'users.get']],
    ['POST', ['auth.signOut', 'auth.password.requestReset']],
  ])
  expect(new URL(seen[0]!.url, url).searchParams.get('input')).toBe(JSON.stringify({ 1: { id } }))
  expect(seen[1]).toMatchObject({ body: JSON.stringify({ 1: { email } }) })
  expect(seen[1]!.headers['content-type']).toBe('application/json')
})

test('a batch holds at most 10 calls', async () => {
  const { url, seen } = await startServer(echo)
  const client = createClient({ url })
  await Promise.all(Array.from({ length: 21 }, () => client.users.me.query()))
  expect(seen.map(({ paths }) => paths.length)).toEqual([10, 10, 1])
})

test('an address stays short: batches split, and a query that is long by itself goes alone', async () => {
  const { url, seen } = await startServer(echo)
  const client = createClient({ url })
  const [short, long] = ['x'.repeat(1_500), 'x'.repeat(3_000)]
  await Promise.all([short, short, short, long].map((q) => client.users.search.query({ q })))
  const kinds = seen.map(
    ({ paths, url }) => `${url.includes('batch=1') ? 'batch' : 'alone'} of ${paths.length}`,
  )
  expect(kinds.toSorted()).toEqual(['alone of 1', 'batch of 1', 'batch of 2'])
  expect(seen.filter(({ url }) => url.includes('batch=1')).every(({ url }) => url.length < 4_100)).toBe(true)
})

test('a mutation that would fill the body of a batch by itself goes alone', async () => {
  const { url, seen } = await startServer(echo)
  const client = createClient({ url })
  await Promise.all(['t', 't'.repeat(30_000)].map((token) => client.auth.email.verify.mutate({ token })))
  expect(seen.map(({ url }) => url).toSorted()).toEqual([
    '/trpc/auth.email.verify',
    '/trpc/auth.email.verify?batch=1',
  ])
})

test('a token is sent as bearer, and a function is asked before every request', async () => {
  const { url, seen } = await startServer(echo)
  await createClient({ url, token: 'fixed' }).users.me.query()
  let renewals = 0
  const client = createClient({ url, token: async () => `renewed-${++renewals}` })
  await Promise.all([client.users.me.query(), client.users.me.query()])
  await client.users.me.query()
  expect(seen.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer fixed',
    'Bearer renewed-1',
    'Bearer renewed-2',
  ])
})

test('without a token, and with an empty one, there is no Authorization', async () => {
  const { url, seen } = await startServer(echo)
  await createClient({ url }).users.me.query()
  await createClient({ url, token: async () => '' }).users.me.query()
  expect(seen.every(({ headers }) => !('authorization' in headers))).toBe(true)
})

test('what the token function throws, the call rejects with', async () => {
  const { url } = await startServer(echo)
  const refusal = new ApiError({ code: 'UNAUTHORIZED', status: 401 })
  const refusing = createClient({ url, token: () => Promise.reject(refusal) })
  expect(await rejection(refusing.users.me.query())).toBe(refusal)

  const bug = new TypeError('x is not a function')
  const broken = createClient({ url, token: () => Promise.reject(bug) })
  expect(await rejection(broken.users.me.query())).toMatchObject({ code: 'INTERNAL', status: 0, cause: bug })
})

test('own headers go along, from an object or a function; the token wins over an own Authorization', async () => {
  const { url, seen } = await startServer(echo)
  await createClient({
    url,
    headers: { 'X-Team': 'a', AUTHORIZATION: 'Basic x' },
    token: 't',
  }).users.me.query()
  await createClient({ url, headers: async () => ({ 'x-team': 'b' }) }).users.me.query()
  expect(seen.map(({ headers }) => [headers['x-team'], headers.authorization])).toEqual([
    ['a', 'Bearer t'],
    ['b', undefined],
  ])
})

test('a slash at the end of the url does not matter', async () => {
  const { url, seen } = await startServer(echo)
  await createClient({ url: `${url}/` }).users.me.query()
  expect(seen[0]!.url).toBe('/trpc/users.me?batch=1&input=%7B%7D')
})

test('outside a browser a url that is not absolute is refused at once', () => {
  for (const url of ['', '/api', 'localhost']) expect(() => createClient({ url })).toThrow(TypeError)
})

test("in a browser an empty url is the page's own origin, and cookies are left to the browser", async () => {
  vi.stubGlobal('location', { href: 'http://localhost:3000/feed' })
  const fetch = vi.fn(async (_url: string, _init: RequestInit) => Response.json([{ result: { data: null } }]))
  await createClient({ url: '', fetch }).users.me.query()
  expect(fetch.mock.calls[0]![0]).toBe('/trpc/users.me?batch=1&input=%7B%7D')
  expect(fetch.mock.calls[0]![1]).not.toHaveProperty('credentials')
})

test('an input that is no JSON rejects its call and spares its neighbours', async () => {
  const { url } = await startServer(echo)
  const client = createClient({ url })
  const circular: { id: string; self?: object } = { id }
  circular.self = circular
  const neighbour = client.users.get.query({ id })
  expect(await rejection(client.users.get.query(circular))).toMatchObject({ code: 'INTERNAL', status: 0 })
  expect(await rejection(client.auth.sessions.revoke.mutate(circular))).toMatchObject({
    code: 'INTERNAL',
    status: 0,
  })
  expect(await neighbour).toEqual({ path: 'users.get' })
})

test("calls leave no listener on their caller's signal", async () => {
  const { url } = await startServer(echo)
  const client = createClient({ url })
  const { signal } = new AbortController()
  await Promise.all(Array.from({ length: 20 }, () => client.users.me.query(undefined, { signal })))
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

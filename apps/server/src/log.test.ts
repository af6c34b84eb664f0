import { Writable } from 'node:stream'
import { afterEach, expect, it } from 'vitest'
import { createLog } from './log.ts'
import { startTestServer, type TestServer } from './testing/index.ts'
import { bearer, callTrpc, send, sendRaw } from './testing/requests.ts'

const lines: string[] = []
const log = createLog(
  'debug',
  new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) }),
)
const logged = () => lines.map((line) => JSON.parse(line))

let server: TestServer | undefined
afterEach(async () => {
  lines.length = 0
  await server?.stop()
  server = undefined
})

const names =
  'authorization cookie set-cookie Set-Cookie password newPassword passwordHash password_hash token tokenHash accessToken refreshToken secret appSecret appSecrets APP_SECRET privateKey smtpUrl databaseUrl DATABASE_URL'
const secrets = Object.fromEntries(names.split(' ').map((name) => [name, 'hunter2']))

it('secrets are not written, wherever they hang', () => {
  const places = [
    secrets,
    { headers: secrets },
    { a: [{ b: { c: { d: [secrets] } } }] },
    { a: { password: ['hunter2'], token: { value: 'hunter2' } } },
  ]
  for (const place of places) log.info(place, 'here')
  log.child({ settings: secrets }).info('of a child')
  expect(lines).toHaveLength(5)
  for (const line of lines) expect(line).toContain('[redacted]')
  expect(lines.join('')).not.toContain('hunter2')
})

it('what is no secret is written as it is, round in a circle too', () => {
  const at = new Date(0)
  const circle: Record<string, unknown> = { at, list: [1, null, 'a'], tokens: 3 }
  circle.self = circle
  log.info({ circle, both: [circle.list, circle.list] }, 'round')
  const { circle: written, both } = logged()[0]
  expect(written).toMatchObject({ at: at.toISOString(), list: [1, null, 'a'], tokens: 3 })
  expect(both).toEqual([
    [1, null, 'a'],
    [1, null, 'a'],
  ])
})

it('an error is described wherever it hangs', () => {
  const error = Object.assign(new Error('lost'), { client: { password: 'hunter2', host: 'db.example' } })
  log.info({ attempts: [{ error }] }, 'tried')
  expect(logged()[0].attempts[0].error).toEqual({ name: 'Error', message: 'lost', stack: expect.any(String) })
})

it('of an error only what explains it is written', () => {
  const cause = Object.assign(new Error('the cause'), { client: { secretKey: 'hunter2' } })
  const err = Object.assign(new Error('went wrong', { cause }), {
    code: '23505',
    detail: 'Key (email)=(ada@example.com)',
  })
  log.error({ err }, 'failed')
  expect(logged()[0].err).toEqual({
    name: 'Error',
    message: 'went wrong',
    code: '23505',
    stack: expect.stringContaining('log.test.ts'),
    cause: { name: 'Error', message: 'the cause', stack: expect.any(String) },
  })
})

it('a request is one line, with its id, without its query, headers and body', async () => {
  server = await startTestServer({ log })
  const ada = await server.api.person('ada')
  const headers = { ...bearer(ada.token), 'x-request-id': 'test-request-1', cookie: 'c=hunter2' }
  await send('GET', `${server.url}/api/v1/users/search?q=hunter2`, { headers })
  await callTrpc(server, 'mutation', 'auth.signIn', { email: 'hunter2@example.com', password: 'hunter2' })
  await callTrpc(server, 'query', 'auth.session', undefined, { headers: { authorization: 'Bearer hunter2' } })
  expect(logged()).toEqual([
    expect.objectContaining({
      level: 30,
      requestId: 'test-request-1',
      method: 'GET',
      path: '/api/v1/users/search',
      status: 200,
      ms: expect.any(Number),
      msg: 'answered',
    }),
    expect.objectContaining({ path: '/trpc/auth.signIn', status: 401 }),
    expect.objectContaining({ path: '/trpc/auth.session', status: 401 }),
  ])
  expect(lines.join('')).not.toMatch(new RegExp(`hunter2|${ada.token}`))
})

it('what was no request is a line, too, with the id that was answered', async () => {
  server = await startTestServer({ log })
  const answer = await sendRaw(server.url, 'GET /a?token=hunter2 HTTP/1.1\r\nbad header\r\n\r\n')
  const requestId = /x-request-id: (\S+)/.exec(answer)?.[1]
  expect(logged()).toContainEqual(expect.objectContaining({ requestId, path: '/a', status: 400 }))
  expect(lines.join('')).not.toContain('hunter2')
})

it('what fails before a procedure is reached is logged with its cause', async () => {
  server = await startTestServer({ log })
  const { db } = server.api
  await db.schema.alterTable('sessions').renameTo('sessions_away').execute()
  const headers = { cookie: `__Host-tenon_session=${'a'.repeat(40)}` }
  const rest = await send('GET', `${server.url}/api/v1/posts`, { headers })
  const trpc = await callTrpc(server, 'query', 'posts.list', {}, { headers })
  expect([rest.status, trpc.status]).toEqual([500, 500])
  const errors = logged().filter(({ level }) => level === 50)
  expect(errors).toHaveLength(2)
  for (const { err, requestId } of errors) {
    expect(err.message).toBe('relation "sessions" does not exist')
    expect([rest, trpc].map((answer) => answer.headers['x-request-id'])).toContain(requestId)
  }
})

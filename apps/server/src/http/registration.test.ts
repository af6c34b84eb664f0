import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { callTrpc, errorOf, send } from '../testing/requests.ts'

let server: TestServer
beforeAll(async () => void (server = await startTestServer()))
afterAll(() => server.stop())

const register = (body: object) => send('POST', `${server.url}/api/v1/users`, { body })
const ada = { email: 'Ada@Example.com', username: 'Ada', password: 'Correct7Horse', name: 'Ada Lovelace' }

describe('a registration', () => {
  it('is a 201 with the person, where to find them, and no trace of the password', async () => {
    const answer = await register(ada)
    expect(answer.status).toBe(201)
    expect(answer.json).toEqual({
      id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7/),
      username: 'Ada',
      name: 'Ada Lovelace',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      email: 'ada@example.com',
      emailVerified: false,
      role: 'user',
      updatedAt: expect.any(String),
    })
    expect(answer.text).not.toMatch(/password|argon2/i)
    const { id } = answer.json as { id: string }
    expect(answer.headers.location).toBe(`/api/v1/users/${id}`)
    const found = await send('GET', server.url + answer.headers.location)
    expect(found).toMatchObject({ status: 200, json: { id, username: 'Ada' } })
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it.each([
    [
      'EMAIL_TAKEN',
      { email: 'ADA@example.com', username: 'ada2', password: 'Correct7Horse' },
      { field: 'email' },
    ],
    [
      'USERNAME_TAKEN',
      { email: 'ada2@example.com', username: 'aDA', password: 'Correct7Horse' },
      { field: 'username' },
    ],
  ])('is a 409 %s on both transports', async (code, body, details) => {
    const rest = errorOf(await register(body), 'rest')
    const trpc = errorOf(await callTrpc(server, 'mutation', 'users.create', body), 'trpc')
    expect(rest).toMatchObject({ status: 409, code, details })
    expect(trpc).toEqual(rest)
  })

  it('of fifty equal ones at once happens once', async () => {
    const body = { email: 'grace@example.com', username: 'grace', password: 'Correct7Horse' }
    const answers = await Promise.all(Array.from({ length: 50 }, () => register(body)))
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b)
    expect(statuses).toEqual([201, ...Array(49).fill(409)])
    const { db } = server.api
    expect(await db.selectFrom('users').select('id').where('email', '=', body.email).execute()).toHaveLength(
      1,
    )
    await server.api.drainJobs()
    expect(server.api.mailbox.to(body.email)).toHaveLength(1)
  })
})

describe('with its limits', () => {
  it('an eleventh registration within the hour has to wait, and is told how long', async () => {
    await using limited = await startLimited()
    const attempt = (index: number) =>
      send('POST', `${limited.url}/api/v1/users`, {
        body: { email: `p${index}@example.com`, username: `person${index}`, password: 'Correct7Horse' },
      })
    for (let index = 0; index < 10; index++) expect((await attempt(index)).status).toBe(201)
    const answer = await attempt(10)
    const { code, details } = errorOf(answer, 'rest')
    expect({ status: answer.status, code }).toEqual({ status: 429, code: 'RATE_LIMITED' })
    expect(answer.headers['retry-after']).toBe(String(details.retryAfterSeconds))
    expect(details.retryAfterSeconds).toBeGreaterThan(3_000)

    const batch = JSON.stringify({
      0: { email: 'q@example.com', username: 'quinn', password: 'Correct7Horse' },
    })
    const trpc = await send('POST', `${limited.url}/trpc/users.create?batch=1`, {
      body: batch,
      headers: { 'content-type': 'application/json' },
    })
    expect(trpc).toMatchObject({ status: 429, json: [{ error: { data: { code: 'RATE_LIMITED' } } }] })
    expect(Number(trpc.headers['retry-after'])).toBeGreaterThan(3_000)
  })

  async function startLimited() {
    const limited = await startTestServer({ rateLimitFactor: 1 })
    return { url: limited.url, [Symbol.asyncDispose]: () => limited.stop() }
  }
})

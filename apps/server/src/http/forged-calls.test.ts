import { dumpOf, eventually } from '@tenon/api/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCast, sessionCookie, type Cast } from '../testing/cast.ts'
import { startTestServer, type TestServer } from '../testing/index.ts'
import {
  callOperation,
  isMutation,
  operations,
  outcomeOf,
  toRest,
  transports,
} from '../testing/operations.ts'
import { rowOf } from '../testing/procedure-rows.ts'
import { useQuickPasswords } from '../testing/quick-passwords.ts'
import { send } from '../testing/requests.ts'

const own = 'https://tenon.example'

let server: TestServer
let cast: Cast
beforeAll(async () => {
  server = await startTestServer({ publicUrl: own, isProduction: true })
  useQuickPasswords(server.api)
  await server.api.person('root', { role: 'admin' })
  cast = await createCast(server.api)
})
afterAll(() => server.stop())

const dump = () => dumpOf(server.api.db)

type Headers = Record<string, string>

/** What a browser tells of the page that calls. */
const pages: Record<string, Headers> = {
  'another site': { origin: 'https://evil.example' },
  'a sibling subdomain': { origin: 'https://evil.tenon.example' },
  'this host without TLS': { origin: 'http://tenon.example' },
  'a page without an origin': { origin: 'null' },
  'another site that sends no Origin': { 'sec-fetch-site': 'cross-site' },
  'a sibling that sends no Origin': { 'sec-fetch-site': 'same-site' },
  'who knows where': {},
}

/** What a form or a script can send without being asked first, and what it can't; the first is the input itself. */
const bodies: [type: string | undefined, body: ((json: string) => string) | undefined][] = [
  ['application/json', undefined],
  ['application/x-www-form-urlencoded', (json) => `input=${encodeURIComponent(json)}`],
  ['text/plain', (json) => json],
  ['multipart/form-data; boundary=x', (json) => multipart(json)],
  [undefined, () => ''],
]

const multipart = (json: string) =>
  `--x\r\nContent-Disposition: form-data; name="input"\r\n\r\n${json}\r\n--x--\r\n`

const refused = [
  [403, 'CSRF'],
  [415, 'UNSUPPORTED_MEDIA_TYPE'],
]

const cells = operations.flatMap((operation) =>
  transports.map((transport) => ({ name: operation.name, operation, transport })),
)
const mutations = cells.filter(({ operation }) => isMutation(operation))
const queries = cells.filter(({ operation }) => !isMutation(operation))

/** The cookie of somebody whom the rung lets through. */
function cookieFor(name: string, { owner, admin }: Cast): string {
  const { rung } = rowOf(name)
  return sessionCookie((/staff|admin/.test(rung) ? admin : owner).token)
}

async function forge(cell: (typeof cells)[number], headers: Headers) {
  const { name, operation, transport } = cell
  const input = rowOf(name).input?.(cast) ?? {}
  const answers = []
  for (const page of Object.values(pages)) {
    for (const [type, toBody] of bodies) {
      const sent = { ...headers, ...page, ...(type && { 'content-type': type }) }
      const body = toBody && { body: toBody(JSON.stringify(input)) }
      answers.push(await callOperation(server, transport, operation, { input, headers: sent, ...body }))
    }
  }
  return answers
}

describe('a call with the session cookie that no page of this site made is refused, and nothing done:', () => {
  it.each(mutations)('$name by $transport', async (cell) => {
    const { name, operation, transport } = cell
    const cookie = cookieFor(name, cast)
    const before = await dump()
    for (const answer of await forge(cell, { cookie })) {
      expect(refused).toContainEqual([answer.status, outcomeOf(answer, transport, operation)])
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
    expect(await dump()).toBe(before)
  })

  it.each(mutations)('where $name by $transport from here is not', async ({ name, operation, transport }) => {
    const used = await createCast(server.api)
    const row = rowOf(name)
    const headers = { cookie: cookieFor(name, used), origin: own }
    const sent = { input: row.input?.(used) ?? {}, headers }
    const answer = await callOperation(server, transport, operation, sent)
    expect(outcomeOf(answer, transport, operation)).toBe(row.otherwise ?? 'OK')
  })
})

describe('a sign-in that no page of this site made starts nothing:', () => {
  const pagesThatAreOne = Object.entries(pages).filter(([, headers]) => Object.keys(headers).length > 0)
  const credentials = () => ({ email: cast.target.email, password: 'Correct7Horse' })

  it.each(pagesThatAreOne)('from %s', async (_page, headers) => {
    const before = await dump()
    for (const [type, toBody] of bodies) {
      const sent = { ...headers, ...(type && { 'content-type': type }) }
      const json = JSON.stringify(credentials())
      for (const url of [`${server.url}/api/v1/auth/sessions`, `${server.url}/trpc/auth.signIn`]) {
        const answer = await send('POST', url, { headers: sent, body: toBody?.(json) ?? json })
        // Without a body there is nothing to refuse but that.
        expect(type ? [403, 415] : [400, 403, 415]).toContain(answer.status)
        expect(answer.headers['set-cookie']).toBeUndefined()
      }
    }
    expect(await dump()).toBe(before)
  })
})

describe('a GET changes nothing:', () => {
  it.each(queries)('$name by $transport only reads', async ({ name, operation, transport }) => {
    const input = rowOf(name).input?.(cast) ?? {}
    const headers = { cookie: cookieFor(name, cast) }
    const before = await dump()
    const answer = await callOperation(server, transport, operation, { input, headers })
    expect(outcomeOf(answer, transport, operation)).toBe('OK')
    // A stream has its place while it is open, and it is not said when that was given back.
    await eventually(async () => expect(await dump()).toBe(before))
  })

  it.each(mutations)('$name by $transport is none', async ({ name, operation, transport }) => {
    const input = rowOf(name).input?.(cast) ?? {}
    const { path } = toRest(operation, input)
    const url =
      transport === 'rest'
        ? `${server.url}/api/v1${path}`
        : `${server.url}/trpc/${name}?input=${encodeURIComponent(JSON.stringify(input))}`
    const isAlsoRead =
      transport === 'rest' && operations.some((other) => other.path === operation.path && !isMutation(other))
    const before = await dump()
    for (const method of ['GET', 'HEAD']) {
      const { status } = await send(method, url, { headers: { cookie: cookieFor(name, cast), origin: own } })
      expect(status).toBe(isAlsoRead ? 200 : 405)
    }
    expect(await dump()).toBe(before)
  })
})

import { password, type Person } from '@tenon/api/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { comparable } from '../testing/operations.ts'
import { bearer, callTrpc, send, type Answer } from '../testing/requests.ts'

let server: TestServer
let ada: Person
let sue: Person
let una: Person
beforeAll(async () => {
  server = await startTestServer()
  const { api } = server
  ada = await api.person('ada')
  sue = await api.person('sue')
  una = await api.person('una')
  const { db } = api
  await db.updateTable('users').set({ suspendedAt: new Date() }).where('id', '=', sue.user.id).execute()
  await db.updateTable('users').set({ passwordHash: null }).where('id', '=', una.user.id).execute()
})
afterAll(() => server.stop())

type Ask = (input: object, headers?: Record<string, string>) => Promise<Answer>

const byRest =
  (method: string, path: string): Ask =>
  (body, headers = {}) =>
    send(method, `${server.url}/api/v1${path}`, { body, headers })

const byTrpc =
  (name: string): Ask =>
  (input, headers = {}) =>
    callTrpc(server, 'mutation', name, input, { headers })

/** All of them alike in status, body, names and values of headers. @returns what they have in common */
async function alike(answers: Promise<Answer>[]) {
  const [first, ...others] = (await Promise.all(answers)).map(comparable)
  for (const other of others) expect(other).toEqual(first)
  return first
}

describe.each<[string, Ask]>([
  ['REST', byRest('POST', '/auth/sessions')],
  ['tRPC', byTrpc('auth.signIn')],
])('a sign-in by %s', (_transport, signIn) => {
  it('is refused alike for an unknown address, a wrong password, an account without one and a suspended one', async () => {
    const answer = await alike([
      signIn({ email: 'nobody@example.com', password }),
      signIn({ email: ada.email, password: 'Wrong7Horse' }),
      signIn({ email: una.email, password }),
      signIn({ email: sue.email, password: 'Wrong7Horse' }),
    ])
    expect(answer).toMatchObject({ status: 401, text: expect.stringContaining('INVALID_CREDENTIALS') })
    expect(answer?.headers).not.toHaveProperty('set-cookie')
  })

  it('tells of a suspension whoever knows the password', async () => {
    const answer = await signIn({ email: sue.email, password })
    expect(answer).toMatchObject({ status: 403, text: expect.stringContaining('ACCOUNT_SUSPENDED') })
  })
})

describe.each<[string, Ask]>([
  ['REST', byRest('POST', '/auth/password-resets')],
  ['tRPC', byTrpc('auth.password.requestReset')],
])('asking for a reset by %s', (_transport, askForReset) => {
  it('is answered alike for an account, none, one that is suspended and one without a password', async () => {
    const emails = [ada.email, 'nobody@example.com', sue.email, una.email]
    const answer = await alike(emails.map((email) => askForReset({ email })))
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('{"ok":true}') })
  })
})

it('asking for a reset of one account too often mails no more, without a sign of it', async () => {
  const limited = await startTestServer({ rateLimitFactor: 1 })
  const { email } = await limited.api.person('ada')
  const answers: Promise<Answer>[] = []
  for (let time = 0; time < 6; time++) {
    const asked = send('POST', `${limited.url}/api/v1/auth/password-resets`, { body: { email } })
    answers.push(asked)
    await asked
    await limited.api.drainJobs()
  }
  expect(await alike(answers)).toMatchObject({ status: 200 })
  expect(limited.api.mailbox.to(email)).toHaveLength(3)
  await limited.stop()
})

describe.each<[string, Ask]>([
  ['REST', byRest('POST', '/auth/email-changes')],
  ['tRPC', byTrpc('auth.email.change')],
])('asking for another address by %s', (_transport, change) => {
  it('is answered alike whether it is free, taken, or the own one', async () => {
    const headers = bearer(ada.token)
    const answer = await alike(
      ['free@example.com', sue.email, una.email, ada.email].map((email) => change({ email }, headers)),
    )
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('{"ok":true}') })
  })
})

it('no mail tells the owner of a taken address, either', async () => {
  await server.api.drainJobs()
  server.api.mailbox.sent.length = 0
  const body = { email: una.email }
  await send('POST', `${server.url}/api/v1/auth/email-changes`, { body, headers: bearer(ada.token) })
  await server.api.drainJobs()
  expect(server.api.mailbox.sent.map(({ to }) => to)).toEqual([ada.email])
})

describe.each<[string, string, string, object]>([
  ['the confirmation of an address', '/auth/email-verifications', 'auth.email.verify', {}],
  ['the confirmation of a new address', '/auth/email-changes/redeem', 'auth.email.confirmChange', {}],
  ['the undoing of a change', '/auth/email-changes/undo', 'auth.email.undoChange', {}],
  ['a reset', '/auth/password-resets/redeem', 'auth.password.reset', { password }],
  ['an export', '/users/exports/redeem', 'users.downloadExport', {}],
])('a link of %s', (_what, path, name, others) => {
  it('is refused alike whether it never was, is of another kind, or is no token at all', async () => {
    await server.api.nobody.auth.password.requestReset({ email: ada.email })
    await ada.calls.users.export()
    await server.api.drainJobs()
    const mailed = server.api.mailbox.to(ada.email).map(({ text }) => /\/(\w+)#token=([\w-]+)/.exec(text))
    const ofOtherKinds = mailed.flatMap((found) =>
      found && !path.includes(pathOf(found[1])) ? [found[2]] : [],
    )
    const tokens = ['A'.repeat(43), 'x', "' or 1=1 --", ...ofOtherKinds]
    expect(ofOtherKinds.length).toBeGreaterThan(0)
    for (const ask of [byRest('POST', path), byTrpc(name)]) {
      const answer = await alike(tokens.map((token) => ask({ token, ...others })))
      expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('TOKEN_INVALID') })
    }
  })
})

/** Where a token of a page is redeemed. */
const pathOf = (page = '') => ({ reset: 'password-resets', export: 'exports' })[page] ?? page

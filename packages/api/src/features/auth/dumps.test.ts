import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createContext } from '../../context.ts'
import { appRouter } from '../../router.ts'
import { dumpOf, holds } from '../../testing/dump.ts'
import { createTestApi, password, plainRequest, type Person, type TestApi } from '../../testing/index.ts'
import { principalOfToken } from './sessions.ts'

/**
 * Accounts of every kind, asked for everything that is mailed, while no mail can be sent: what a thief of the database
 * finds then; and what is mailed once it can, which is not to be in there.
 */
let api: TestApi
let ada: Person
let whileDown: string
let afterwards: string
const secrets: Record<string, string> = {
  password,
  newPassword: 'Another7Horse',
  wrongPassword: 'Wrong7Horse',
}

beforeAll(async () => {
  api = await createTestApi()
  api.mailbox.failure = new Error('The mail server is down')
  ada = await api.person('ada')
  await useEverything()
  await askForEverything()
  await api.drainJobs()
  whileDown = await dumpOf(api.db)
  api.mailbox.failure = undefined
  await api.makeJobsDue()
  await api.drainJobs()
  afterwards = await dumpOf(api.db)
  collectTokens()
})

afterAll(() => api.stop())

async function useEverything() {
  const { email } = ada
  const { newPassword, wrongPassword } = secrets as { newPassword: string; wrongPassword: string }
  secrets.adasSession = ada.token
  const { token } = await api.nobody.auth.signIn({ email, password, tokenInBody: true })
  secrets.otherSession = token!
  const cookies: string[] = []
  await api.callerOf({}, cookies).auth.signIn({ email, password })
  await api.nobody.auth.signIn({ email, password: wrongPassword }).catch(() => {})
  secrets.cookie = /=([^;]*)/.exec(cookies[0]!)![1]!
  await api.callerOf({ cookie: cookies[0] }, cookies).auth.reauthenticate({ password })
  secrets.renewedCookie = /=([^;]*)/.exec(cookies[1]!)![1]!
  secrets.accessToken = (await ada.calls.auth.accessToken()).accessToken
  const bob = await api.person('bob')
  await bob.calls.auth.password.change({ currentPassword: password, newPassword })
  secrets.bobsSession = bob.token
}

async function askForEverything() {
  await api.nobody.users.create({ email: 'carol@example.com', username: 'carol', password })
  await api.nobody.auth.password.requestReset({ email: ada.email })
  await ada.calls.auth.email.change({ email: 'ada2@example.com' })
  const dora = await api.person('dora')
  secrets.dorasSession = dora.token
  await dora.calls.users.export()
}

function collectTokens() {
  for (const { to, text } of api.mailbox.sent)
    for (const [, token] of text.matchAll(/#token=([\w-]+)/g))
      secrets[`${to} ${text.split('\n')[2]}`] = token!
}

it('every kind of link was mailed when the mail server was back', () => {
  const paths = api.mailbox.sent.flatMap(({ text }) => /3000\/([\w-]+)#token/.exec(text)?.[1] ?? [])
  expect(paths.toSorted()).toEqual(['confirm-email', 'export', 'reset', 'undo-email', 'verify'])
})

it('the dump holds what waits to be mailed, by its ids', () => {
  for (const name of ['tokenId', 'changeId', 'exportId', 'eventId']) expect(whileDown).toContain(name)
})

it('no session, token or password is in a dump, while the mails wait or afterwards', () => {
  expect(Object.keys(secrets)).toHaveLength(15)
  for (const [name, secret] of Object.entries(secrets)) {
    expect([name, holds(whileDown, secret)]).toEqual([name, false])
    expect([name, holds(afterwards, secret)]).toEqual([name, false])
  }
})

it('the key of APP_SECRET, and the private key that signs, are in no dump', () => {
  expect(holds(whileDown, api.deps.settings.appSecrets[0])).toBe(false)
  expect(whileDown).toContain('"kty"')
  expect(whileDown).not.toContain('"d"')
  expect(holds(whileDown, '"d":')).toBe(false)
})

/** As a bearer, a cookie and the token of each kind of mail: what is in the dump, as it is or as bytes. */
it('nothing that is written in a dump opens anything', async () => {
  const words = new Set((whileDown + afterwards).match(/[\w-]{16,}/g))
  const bytes = [...words].flatMap((word) => /^x([0-9a-f]+)$/.exec(word)?.[1] ?? [])
  const candidates = [
    ...words,
    ...bytes,
    ...bytes.map((hex) => Buffer.from(hex, 'hex').toString('base64url')),
  ]
  expect(bytes.length).toBeGreaterThan(10)
  const hasher = { ...api.deps.hasher, hash: async () => 'a hash' }
  const caller = appRouter.createCaller(() =>
    createContext({ ...api.deps, hasher }, plainRequest(), { setCookie: () => {} }),
  )
  for (const token of candidates.map((candidate) => candidate.slice(0, 100))) {
    const opened = await Promise.allSettled([
      principalOfToken(api.db, token).then((principal) => principal ?? Promise.reject(new Error('Nobody'))),
      caller.auth.email.verify({ token }),
      caller.auth.email.confirmChange({ token }),
      caller.auth.email.undoChange({ token }),
      caller.auth.password.reset({ token, password: 'Thieves7Choice' }),
      caller.users.downloadExport({ token }),
    ])
    expect([token, ...opened.map(({ status }) => status)]).toEqual([token, ...opened.map(() => 'rejected')])
  }
})

it('the content of an export cannot be read in a dump', async () => {
  const { content } = await api.db.selectFrom('exports').select('content').executeTakeFirstOrThrow()
  expect(whileDown).toContain(content!.toString('hex'))
  for (const bytes of [content!, Buffer.from(content!.toString(), 'base64')]) {
    expect(() => gunzipSync(bytes)).toThrow()
    expect(bytes.toString()).not.toContain('dora')
  }
})

it('each of the links works', async () => {
  const { tokenFor } = api.mailbox
  expect(await api.nobody.users.downloadExport({ token: tokenFor('dora@example.com') })).toMatchObject({
    account: [{ username: 'dora' }],
  })
  expect(await api.nobody.auth.email.verify({ token: tokenFor('carol@example.com') })).toBeNull()
  expect(await api.nobody.auth.email.confirmChange({ token: tokenFor('ada2@example.com') })).toBeNull()
})

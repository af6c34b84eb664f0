import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSmtpMailer } from './mail/smtp-mailer.ts'
import { dumpOf, holds } from './testing/dump.ts'
import { createTestApi, type TestApi } from './testing/index.ts'
import { createSmtpServer, smtpError } from './testing/smtp-server.ts'
import { answerTo, posted } from './testing/wire.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

const email = 'canary@example.com'
const newEmail = 'canary2@example.com'
const password = 'Sparrow7Flight'
const newPassword = 'Sparrow8Flight'
const lastPassword = 'Sparrow6Flight'
const wrongPassword = 'Sparrow9Flight'
const secrets: Record<string, string> = { password, newPassword, lastPassword, wrongPassword }
const answers: string[] = []

/** As much of an error as the server's log writes. */
function describe(value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause } = value
  return { name, message, stack, code: (value as { code?: unknown }).code, cause: describe(cause) }
}

const logText = () =>
  api.logged
    .map(({ message, fields }) => message + JSON.stringify(Object.values(fields).map(describe)))
    .join('\n')

async function call(path: string, input: unknown, token?: string) {
  const init = posted(input)
  const headers = { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) }
  const { text } = await answerTo(api.deps, path, { ...init, headers })
  answers.push(text)
  return JSON.parse(text)
}

/** Whose answer is the secret itself, by contract; it may be in no other. */
async function answerOf(path: string, input: unknown, token?: string) {
  const { result } = await call(path, input, token)
  answers.pop()
  return result.data
}

const codeOf = (answer: { error?: { data: { code: string } } }) => answer.error?.data.code ?? 'OK'

/** Calls three times: with a table away, with a constraint that nothing meets, and as it is. */
async function withFaults(table: string, path: string, input: unknown, token?: string) {
  await sql`alter table ${sql.table(table)} rename to away`.execute(api.db)
  const away = await call(path, input, token)
  await sql`alter table away rename to ${sql.table(table)}`.execute(api.db)
  await sql`alter table ${sql.table(table)} add constraint never check (false) not valid`.execute(api.db)
  const refused = await call(path, input, token)
  await sql`alter table ${sql.table(table)} drop constraint never`.execute(api.db)
  expect([path, codeOf(away), codeOf(refused)]).toEqual([path, 'INTERNAL', 'INTERNAL'])
  const answer = await call(path, input, token)
  return codeOf(answer)
}

/** Delivers what waits: first to a server that refuses it, then to one that is away, at last for good. */
async function deliver() {
  const smtp = await createSmtpServer()
  const { mailer } = api.deps
  api.deps.mailer = createSmtpMailer(smtp.url, api.deps.settings)
  smtp.decide = () => Promise.reject(smtpError(451, 'Not now'))
  await api.drainJobs()
  await smtp.stop()
  await api.makeJobsDue()
  await api.drainJobs()
  api.deps.mailer = mailer
  await api.makeJobsDue()
  await api.drainJobs()
}

async function signIn(address: string, given: string) {
  const input = { email: address, password: given, tokenInBody: true }
  return String((await answerOf('auth.signIn', input)).token)
}

/** Redeems what was mailed to an address, with the table of its token away and with other faults. */
async function redeem(name: string, address: string, path: string, table: string, more: object = {}) {
  const token = api.mailbox.tokenFor(address)
  secrets[name] = token
  await sql`alter table ${sql.table(table)} rename to away`.execute(api.db)
  expect(codeOf(await call(path, { token, ...more }))).toBe('INTERNAL')
  await sql`alter table away rename to ${sql.table(table)}`.execute(api.db)
  expect([name, await withFaults('audit_events', path, { token, ...more })]).toEqual([name, 'OK'])
}

async function enter() {
  await withFaults('users', 'users.create', { email, username: 'canary', password })
  await deliver()
  await redeem('verify', email, 'auth.email.verify', 'mail_tokens')
  for (const table of ['sessions', 'known_devices', 'users'])
    expect(await withFaults(table, 'auth.signIn', { email, password })).toBe('OK')
  const mistaken = await withFaults('audit_events', 'auth.signIn', { email, password: wrongPassword })
  expect(mistaken).toBe('INVALID_CREDENTIALS')
  return (secrets.session = await signIn(email, password))
}

async function reauthenticate(session: string) {
  expect(await withFaults('sessions', 'auth.reauthenticate', { password }, session)).toBe('OK')
  const mistaken = await withFaults(
    'audit_events',
    'auth.reauthenticate',
    { password: wrongPassword },
    session,
  )
  expect(mistaken).toBe('INVALID_CREDENTIALS')
}

async function useAccessToken(session: string) {
  expect(await withFaults('signing_keys', 'auth.accessToken', undefined, session)).toBe('OK')
  answers.pop()
  secrets.accessToken = (await answerOf('auth.accessToken', undefined, session)).accessToken
  await withFaults('users', 'users.update', { name: 'Canary' }, secrets.accessToken)
  await withFaults('audit_events', 'auth.sessions.revokeOthers', undefined, session)
}

async function setPasswords(session: string) {
  const change = { currentPassword: password, newPassword }
  const wrong = { ...change, currentPassword: wrongPassword }
  expect(await withFaults('audit_events', 'auth.password.change', wrong, session)).toBe('INVALID_CREDENTIALS')
  expect(await withFaults('users', 'auth.password.change', change, session)).toBe('OK')
  expect(await withFaults('mail_tokens', 'auth.password.requestReset', { email })).toBe('OK')
  await deliver()
  await redeem('reset', email, 'auth.password.reset', 'mail_tokens', { password: lastPassword })
  return (secrets.second = await signIn(email, lastPassword))
}

async function takeAlong(session: string) {
  expect(await withFaults('exports', 'users.export', undefined, session)).toBe('OK')
  await deliver()
  await redeem('export', email, 'users.downloadExport', 'exports')
}

async function changeAddress(session: string) {
  expect(await withFaults('email_changes', 'auth.email.change', { email: newEmail }, session)).toBe('OK')
  await deliver()
  secrets.undo = api.mailbox.tokenFor(email)
  await redeem('change', newEmail, 'auth.email.confirmChange', 'mail_tokens')
  await redeem('undo', email, 'auth.email.undoChange', 'email_changes')
  await deliver()
  await redeem('resetAfterUndo', email, 'auth.password.reset', 'mail_tokens', { password: lastPassword })
  return (secrets.third = await signIn(email, lastPassword))
}

async function beSuspended(session: string) {
  const { id } = (await call('users.update', { name: 'Canary' }, session)).result.data
  const admin = await api.person('admin', { role: 'admin' })
  secrets.admin = admin.token
  expect(await withFaults('users', 'admin.users.suspend', { id }, admin.token)).toBe('OK')
  const refused = await withFaults('audit_events', 'auth.signIn', { email, password: lastPassword })
  expect(refused).toBe('ACCOUNT_SUSPENDED')
  expect(await withFaults('audit_events', 'admin.users.restore', { id }, admin.token)).toBe('OK')
}

async function leaveAndReturn() {
  const leaving = await signIn(email, lastPassword)
  secrets.leaving = leaving
  expect(await withFaults('users', 'users.delete', undefined, leaving)).toBe('OK')
  expect(await withFaults('users', 'auth.signIn', { email, password: lastPassword })).toBe('OK')
  await deliver()
}

it('no password and no token is in any log, answer or row, whatever fails', async () => {
  const session = await enter()
  await reauthenticate(session)
  await useAccessToken(session)
  const second = await setPasswords(session)
  await takeAlong(second)
  const third = await changeAddress(second)
  await beSuspended(third)
  await leaveAndReturn()

  secrets.app = api.deps.settings.appSecrets[0]
  const kept = await dumpOf(api.db)
  expect(Object.keys(secrets)).toHaveLength(17)
  expect(api.logged.filter(({ level }) => level === 'error').length).toBeGreaterThan(40)
  expect(api.logged.filter(({ message }) => message === 'a job failed').length).toBeGreaterThan(10)
  for (const [name, secret] of Object.entries(secrets)) {
    expect([name, logText().includes(secret)]).toEqual([name, false])
    expect([name, answers.some((answer) => answer.includes(secret))]).toEqual([name, false])
    expect([name, holds(kept, secret)]).toEqual([name, false])
  }
}, 120_000)

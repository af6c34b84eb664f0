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
const password = 'Canary7Password'
const newPassword = 'Canary8Password'
const wrongPassword = 'Canary9Password'

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

/** Runs the call three times: as it is, with a table away, and with a constraint that nothing meets. */
async function withFaults(table: string, call: () => Promise<unknown>) {
  const attempt = () => call().catch(() => {})
  await sql`alter table ${sql.table(table)} rename to away`.execute(api.db)
  await attempt()
  await sql`alter table away rename to ${sql.table(table)}`.execute(api.db)
  await sql`alter table ${sql.table(table)} add constraint never check (false) not valid`.execute(api.db)
  await attempt()
  await sql`alter table ${sql.table(table)} drop constraint never`.execute(api.db)
  await attempt()
}

it('no password and no token is in any log, answer or row, whatever fails', async () => {
  const answers: string[] = []
  const call = async (path: string, input: unknown, token?: string) => {
    const init = posted(input)
    const headers = { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) }
    const { text } = await answerTo(api.deps, path, { ...init, headers })
    answers.push(text)
    return JSON.parse(text)
  }

  await withFaults('users', () => call('users.create', { email, username: 'canary', password }))
  await withFaults('sessions', () => call('auth.signIn', { email, password }))
  await call('auth.signIn', { email, password: wrongPassword })
  const { token: session } = (await call('auth.signIn', { email, password, tokenInBody: true })).result.data
  answers.pop()
  await withFaults('signing_keys', () => call('auth.accessToken', undefined, session))
  const { accessToken } = (await call('auth.accessToken', undefined, session)).result.data
  answers.splice(-2)
  await withFaults('sessions', () => call('auth.session', undefined, accessToken))
  await withFaults('users', () =>
    call('auth.password.change', { currentPassword: wrongPassword, newPassword }, session),
  )

  const smtp = await createSmtpServer()
  const { mailer } = api.deps
  api.deps.mailer = createSmtpMailer(smtp.url, api.deps.settings)
  await withFaults('mail_tokens', () => call('auth.password.requestReset', { email }))
  smtp.decide = () => Promise.reject(smtpError(451, 'Not now'))
  await api.drainJobs()
  await smtp.stop()
  await api.makeJobsDue()
  await api.drainJobs()
  api.deps.mailer = mailer
  await api.makeJobsDue()
  await api.drainJobs()
  const reset = api.mailbox.tokenFor(email)
  await withFaults('mail_tokens', () => call('auth.password.reset', { token: reset, password: newPassword }))

  const kept = await dumpOf(api.db)
  const secrets = {
    password,
    newPassword,
    wrongPassword,
    session,
    accessToken,
    reset,
    app: api.deps.settings.appSecrets[0],
  }
  expect(api.logged.filter(({ level }) => level === 'error').length).toBeGreaterThan(8)
  expect(api.logged.filter(({ message }) => message === 'a job failed').length).toBeGreaterThan(1)
  for (const [name, secret] of Object.entries(secrets)) {
    expect([name, logText().includes(secret)]).toEqual([name, false])
    expect([name, answers.some((answer) => answer.includes(secret))]).toEqual([name, false])
    expect([name, holds(kept, secret)]).toEqual([name, false])
  }
})

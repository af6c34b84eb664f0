import { sql } from 'kysely'
import { createTestApi, type TestApi } from '@tenon/api/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sessionCookie } from './testing/cast.ts'
import { startTestSystem, type TestSystem } from './testing/index.ts'
import { bearer, callTrpc, send, type Answer } from './testing/requests.ts'

let api: TestApi
let system: TestSystem
let written = ''
beforeAll(async () => {
  api = await createTestApi()
  const env = {
    DATABASE_URL: api.database.directUrl,
    LOG_LEVEL: 'trace',
    APP_SECRET: 'canary-app-secret-of-32-characters-and-more',
  }
  system = await startTestSystem({ env })
  for (const stream of [system.process.stdout, system.process.stderr])
    stream?.on('data', (chunk: Buffer) => (written += chunk.toString()))
})
afterAll(async () => {
  await system.stop()
  await api.stop()
})

const answers: Answer[] = []

/** By both transports, three times: where events can't be written, where the tables are away, and as it is. */
async function tryAll(method: string, path: string, name: string, body: object, headers = {}) {
  const tables = ['audit_events', 'users', 'sessions', 'mail_tokens', 'email_changes', 'exports']
  const both = async () => {
    answers.push(await send(method, `${system.url}/api/v1${path}`, { body, headers }))
    answers.push(await callTrpc(system, 'mutation', name, body, { headers }))
  }
  for (const away of [['audit_events'], tables]) {
    for (const table of away)
      await sql`alter table ${sql.table(table)} rename to ${sql.table(`${table}_away`)}`.execute(api.db)
    await both()
    for (const table of away)
      await sql`alter table ${sql.table(`${table}_away`)} rename to ${sql.table(table)}`.execute(api.db)
  }
  await both()
}

const tokenIn = (text: string) => /#token=([\w-]+)/.exec(text)?.[1] ?? ''

async function mailed(to: string, subject: string): Promise<string> {
  for (let turn = 0; turn < 100; turn++) {
    const mail = (await system.mails(to)).find((one) => one.subject === subject)
    if (mail) return tokenIn(mail.text)
  }
  throw new Error(`no mail "${subject}" came to ${to}`)
}

it(
  'no secret of any flow is in a log, at its finest, or in an answer, whatever fails',
  { timeout: 120_000 },
  async () => {
    const [email, newEmail] = ['finch@example.com', 'linnet@example.com']
    const passwords = {
      password: 'Canary7Password',
      wrong: 'Canary8Wrong',
      next: 'Canary9Password',
      afterReset: 'Canary6Password',
    }
    const { password } = passwords
    await tryAll('POST', '/users', 'users.create', { email, username: 'finch', password })
    const verification = await mailed(email, 'Confirm your address')
    await tryAll('POST', '/auth/email-verifications', 'auth.email.verify', { token: verification })
    await tryAll('POST', '/auth/sessions', 'auth.signIn', { email, password: passwords.wrong })
    const signIn = () => send('POST', `${system.url}/api/v1/auth/sessions`, { body: { email, password } })
    const [first, second] = [cookieOf(await signIn()), cookieOf(await signIn())]
    const cookie = { cookie: sessionCookie(second), origin: system.url }
    const forged = { cookie: sessionCookie(second), origin: 'https://evil.example' }
    const issued = await send('POST', `${system.url}/api/v1/auth/access-tokens`, { headers: bearer(first) })
    const { accessToken } = issued.json as { accessToken: string }
    await tryAll('PATCH', '/users/me', 'users.update', { name: 'Finch' }, bearer(accessToken))
    await tryAll('PATCH', '/users/me', 'users.update', { name: 'Finch' }, forged)
    await tryAll('PATCH', '/users/me', 'users.update', { name: 'Finch' }, bearer(`${accessToken}x`))
    await tryAll(
      'POST',
      '/auth/reauthentications',
      'auth.reauthenticate',
      { password: passwords.wrong },
      cookie,
    )
    await tryAll(
      'PUT',
      '/auth/password',
      'auth.password.change',
      { currentPassword: passwords.wrong, newPassword: passwords.next },
      cookie,
    )
    await tryAll('POST', '/users/me/exports', 'users.export', {}, bearer(first))
    await send('POST', `${system.url}/api/v1/users/me/exports`, { headers: bearer(first) })
    const exported = await mailed(email, 'Your data is ready')
    await tryAll('POST', '/auth/email-changes', 'auth.email.change', { email: newEmail }, bearer(first))
    const change = await mailed(newEmail, 'Confirm your new address')
    const undo = await mailed(email, 'Your address is about to change')
    await tryAll('POST', '/auth/email-changes/redeem', 'auth.email.confirmChange', { token: change })
    await tryAll('POST', '/auth/email-changes/undo', 'auth.email.undoChange', { token: undo })
    const reset = await mailed(email, 'Set a new password')
    await tryAll('POST', '/auth/password-resets/redeem', 'auth.password.reset', {
      token: reset,
      password: passwords.afterReset,
    })
    await tryAll('POST', '/users/exports/redeem', 'users.downloadExport', { token: exported })

    const secrets = {
      ...passwords,
      verification,
      first,
      second,
      accessToken,
      exported,
      change,
      undo,
      reset,
      app: 'canary-app-secret',
    }
    const said = answers.map(({ text, headers }) => text + JSON.stringify(headers)).join('\n')
    expect(written.split('\n').filter((line) => line.includes('"level":50')).length).toBeGreaterThan(30)
    expect(answers.filter(({ status }) => status === 500).length).toBeGreaterThan(30)
    expect(written).toContain('"path":"/api/v1/auth/email-changes/undo"')
    for (const [name, secret] of Object.entries(secrets)) {
      expect([name, secret.length > 8]).toEqual([name, true])
      expect([name, written.includes(secret), said.includes(secret)]).toEqual([name, false, false])
    }
  },
)

const cookieOf = ({ headers }: Answer) =>
  /__Host-tenon_session=([^;]+)/.exec(headers['set-cookie']?.[0] ?? '')?.[1] ?? ''

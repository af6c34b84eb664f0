import { afterEach, beforeEach, expect, it } from 'vitest'
import { DependencyAwayError, PermanentJobError } from '../jobs/errors.ts'
import { createSmtpServer, smtpError, type TestSmtpServer } from '../testing/smtp-server.ts'
import { createSmtpMailer } from './smtp-mailer.ts'
import { writeMail } from './template.ts'
import { mailTemplates } from './templates.ts'

let server: TestSmtpServer

beforeEach(async () => {
  server = await createSmtpServer()
})

afterEach(() => server.stop())

const settings = {
  publicUrl: 'https://tenon.example',
  appSecrets: ['a secret for tests'] as [string],
  mailFrom: 'Tenon <mail@tenon.example>',
  verificationHours: 24,
  resetMinutes: 15,
}

const mailerTo = ({ url }: TestSmtpServer, query = '') => createSmtpMailer(`${url}${query}`, settings)

const letterTo = (to: string, username = 'ada') => ({
  to,
  key: 'auth:mail-link.42',
  ...writeMail(mailTemplates.verify, settings, { username, token: 'the-token' }),
})

const errorOf = (sending: Promise<void>): Promise<unknown> =>
  sending.then(
    () => undefined,
    (error: unknown) => error,
  )

it('a mail arrives as text and HTML, from our address, with a Message-ID made of its key', async () => {
  await mailerTo(server).send(letterTo('ada@example.com'))
  const [mail] = server.received
  expect(mail!.recipients).toEqual(['ada@example.com'])
  expect(mail!.from!.value).toEqual([{ name: 'Tenon', address: 'mail@tenon.example' }])
  expect(mail!.subject).toBe('Confirm your address')
  expect(mail!.messageId).toBe('<auth.mail-link.42@tenon.example>')
  for (const part of [mail!.text, mail!.html])
    expect(part).toContain('https://tenon.example/verify#token=the-token')
  expect(mail!.text).toContain('Hello ada,')
})

it('HTML in what a template is given is shown as it stands, and does nothing', async () => {
  await mailerTo(server).send(letterTo('ada@example.com', `<img src=x onerror='a("&")'>`))
  const [mail] = server.received
  expect(mail!.html).toContain('Hello &lt;img src=x onerror=&#39;a(&quot;&amp;&quot;)&#39;&gt;,')
  expect(mail!.html).not.toContain('<img')
  expect(mail!.text).toContain(`<img src=x onerror='a("&")'>`)
})

it('letters of any script and long lines arrive whole', async () => {
  const username = `Ådå 題 😀 ${'x'.repeat(80)}`
  await mailerTo(server).send(letterTo('ada@example.com', username))
  expect(server.received[0]!.text).toContain(`Hello ${username},`)
})

it.each([
  'ada@example.com\r\nBcc: eve@example.com',
  'ada@example.com, eve@example.com',
  '<eve@example.com> ada@example.com',
])('no address adds a header or a recipient: %j', async (to) => {
  await errorOf(mailerTo(server).send(letterTo(to)))
  for (const { recipients, headers } of server.received) {
    expect(recipients).toHaveLength(1)
    expect(headers.has('bcc')).toBe(false)
  }
})

it('a line break in a subject, a name or a key adds no header', async () => {
  const mail = {
    ...letterTo('ada@example.com', 'Ada\r\nBcc: eve@example.com'),
    subject: 'One\r\nBcc: eve@example.com',
    key: 'a\r\nb',
  }
  await mailerTo(server).send(mail)
  const [received] = server.received
  expect(received!.recipients).toEqual(['ada@example.com'])
  expect(received!.headers.has('bcc')).toBe(false)
  expect(received!.messageId).toBe('<a..b@tenon.example>')
})

it.each([421, 450, 451, 452])('an answer of %d is an error to try again after', async (code) => {
  server.decide = () => Promise.reject(smtpError(code, 'Try later'))
  const error = await errorOf(mailerTo(server).send(letterTo('ada@example.com')))
  expect(error).toBeInstanceOf(Error)
  expect(error).not.toBeInstanceOf(PermanentJobError)
  expect(error).not.toBeInstanceOf(DependencyAwayError)
})

it.each([550, 552, 554])('an answer of %d is final, and its text is kept', async (code) => {
  server.decide = () => Promise.reject(smtpError(code, 'No such mailbox'))
  const error = await errorOf(mailerTo(server).send(letterTo('ada@example.com')))
  expect(error).toBeInstanceOf(PermanentJobError)
  expect(String(error)).toContain('No such mailbox')
})

it('a server that is not there is away', async () => {
  await server.stop()
  const error = await errorOf(mailerTo(server).send(letterTo('ada@example.com')))
  expect(error).toBeInstanceOf(DependencyAwayError)
  await server.start()
  await mailerTo(server).send(letterTo('ada@example.com'))
  expect(server.received).toHaveLength(1)
})

it('a server that never greets is away, when the time is up', async () => {
  const silent = await createSmtpServer({ greeting: () => new Promise(() => {}) })
  const error = await errorOf(mailerTo(silent, '?greetingTimeout=50').send(letterTo('ada@example.com')))
  expect(error).toBeInstanceOf(DependencyAwayError)
  await silent.stop()
})

it('a server that takes the mail and never answers is away, when the time is up', async () => {
  server.decide = () => new Promise(() => {})
  const error = await errorOf(mailerTo(server, '?socketTimeout=50').send(letterTo('ada@example.com')))
  expect(error).toBeInstanceOf(DependencyAwayError)
  expect(server.received).toEqual([])
})

it('a server that lets us in no more is away: the password is the operator’s to mend', async () => {
  const locked = await createSmtpServer({ login: { user: 'tenon', pass: 'right' } })
  const sendWith = (password: string) =>
    createSmtpMailer(locked.url.replace('//', `//tenon:${password}@`), settings).send(
      letterTo('ada@example.com'),
    )
  expect(await errorOf(sendWith('wrong'))).toBeInstanceOf(DependencyAwayError)
  await sendWith('right')
  expect(locked.received).toHaveLength(1)
  await locked.stop()
})

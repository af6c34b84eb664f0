import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DependencyAwayError, PermanentJobError } from '../jobs/errors.ts'
import { eventually } from '../testing/eventually.ts'
import { recordingLog } from '../testing/log.ts'
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

it('it says that a program wrote it, so that nobody’s holiday answers', async () => {
  await mailerTo(server).send(letterTo('ada@example.com'))
  const { headers, date } = server.received[0]!
  expect(headers.get('auto-submitted')).toBe('auto-generated')
  expect(headers.get('x-auto-response-suppress')).toBe('All')
  expect(date).toBeInstanceOf(Date)
  expect(headers.has('list')).toBe(false)
})

it('one that may be switched off says where', async () => {
  const unsubscribeUrl = 'https://tenon.example/settings/notifications'
  await mailerTo(server).send({ ...letterTo('ada@example.com'), unsubscribeUrl })
  expect(server.received[0]!.headers.get('list')).toEqual({ unsubscribe: { url: unsubscribeUrl } })
})

it('a line break in that address adds no header', async () => {
  const unsubscribeUrl = 'https://tenon.example/>\r\nBcc: eve@example.com'
  await mailerTo(server).send({ ...letterTo('ada@example.com'), unsubscribeUrl })
  const { headers, recipients } = server.received[0]!
  expect(headers.has('bcc')).toBe(false)
  expect(recipients).toEqual(['ada@example.com'])
})

it.each([450, 451, 452])('an answer of %d is an error to try again after', async (code) => {
  server.decide = () => Promise.reject(smtpError(code, 'Try later'))
  const error = await errorOf(mailerTo(server).send(letterTo('ada@example.com')))
  expect(error).toBeInstanceOf(Error)
  expect(error).not.toBeInstanceOf(PermanentJobError)
  expect(error).not.toBeInstanceOf(DependencyAwayError)
})

it('who is put off once is let in the next time', async () => {
  const mailer = mailerTo(server)
  server.decideRecipient = () => Promise.reject(smtpError(451, 'Greylisted'))
  expect(String(await errorOf(mailer.send(letterTo('ada@example.com'))))).toContain('Greylisted')
  server.decideRecipient = async () => {}
  await mailer.send(letterTo('ada@example.com'))
  expect(server.received).toHaveLength(1)
})

it.each([550, 552, 554])('an answer of %d is final, and its text is kept', async (code) => {
  server.decide = () => Promise.reject(smtpError(code, 'No such mailbox'))
  const error = await errorOf(mailerTo(server).send(letterTo('ada@example.com')))
  expect(error).toBeInstanceOf(PermanentJobError)
  expect(String(error)).toContain('No such mailbox')
})

it('a mail to nobody is final', async () => {
  expect(await errorOf(mailerTo(server).send(letterTo('')))).toBeInstanceOf(PermanentJobError)
})

it('what is kept of an answer names nobody, and is short', async () => {
  const answer = `<ada@example.com>: ada@example.com is not here. ${'Really. '.repeat(200)}`
  server.decideRecipient = () => Promise.reject(smtpError(550, answer))
  const error = await errorOf(mailerTo(server).send(letterTo('ada@example.com')))
  expect(String(error)).toMatch(/^Error: SMTP, RCPT TO: .*550 <…>: … is not here\./)
  expect(String(error).length).toBeLessThan(600)
  expect(String(error)).not.toContain('ada@')
  expect(error).not.toHaveProperty('cause')
})

it('a server that is not there is away', async () => {
  await server.stop()
  const error = await errorOf(mailerTo(server).send(letterTo('ada@example.com')))
  expect(error).toBeInstanceOf(DependencyAwayError)
  expect(String(error)).toContain('ECONNREFUSED')
})

it('a server whose name leads nowhere is away', async () => {
  const mailer = createSmtpMailer('smtp://no-such-host.invalid:25', settings)
  expect(await errorOf(mailer.send(letterTo('ada@example.com')))).toBeInstanceOf(DependencyAwayError)
})

it('a server that never greets is away, when the time is up', async () => {
  const silent = await createSmtpServer({ greeting: () => new Promise(() => {}) })
  const error = await errorOf(mailerTo(silent, '?greetingTimeout=50').send(letterTo('ada@example.com')))
  expect(error).toBeInstanceOf(DependencyAwayError)
  await silent.stop()
})

it('a server that answers slowly gets the mail', async () => {
  server.decide = () => sleep(1_000)
  await mailerTo(server).send(letterTo('ada@example.com'))
  expect(server.received).toHaveLength(1)
})

it('one mail takes only so long in all, however it is drawn out', async () => {
  server.decideRecipient = () => new Promise(() => {})
  const mailer = createSmtpMailer(server.url, settings, { patienceMs: 400 })
  expect(await errorOf(mailer.send(letterTo('ada@example.com')))).toBeInstanceOf(DependencyAwayError)
  expect(server.offered).toEqual([])
})

it('a mail is given up with the job that sends it', async () => {
  const stopping = new AbortController()
  server.decideRecipient = async () => stopping.abort()
  const error = await errorOf(mailerTo(server).send(letterTo('ada@example.com'), stopping.signal))
  expect(error).toBeInstanceOf(DependencyAwayError)
  expect(server.offered).toEqual([])
})

it.each([
  ['hangs', () => new Promise<void>(() => {})],
  ['breaks off', async () => server.cut()],
])(
  'a server that has the mail and %s costs an attempt; the repeat has the same Message-ID',
  async (_, decide) => {
    server.decide = decide
    const error = await errorOf(mailerTo(server, '?socketTimeout=2000').send(letterTo('ada@example.com')))
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(DependencyAwayError)
    expect(error).not.toBeInstanceOf(PermanentJobError)
    server.decide = async () => {}
    await mailerTo(server).send(letterTo('ada@example.com'))
    const id = '<auth.mail-link.42@tenon.example>'
    expect(server.offered.map(({ messageId }) => messageId)).toEqual([id, id])
  },
)

it('a server that lets us in no more is away, and the operator is told once', async () => {
  const locked = await createSmtpServer({ login: { user: 'tenon', pass: 'right' } })
  const { log, entries } = recordingLog()
  const loggedIn = (password: string) =>
    createSmtpMailer(locked.url.replace('//', `//tenon:${password}@`), settings, { log })
  const mailer = loggedIn('wrong-one')
  for (let attempt = 0; attempt < 2; attempt++)
    expect(await errorOf(mailer.send(letterTo('ada@example.com')))).toBeInstanceOf(DependencyAwayError)
  expect(entries).toMatchObject([{ level: 'error', fields: { err: expect.any(DependencyAwayError) } }])
  expect(Object.values(entries[0]!.fields).map(String).join()).not.toContain('wrong-one')
  await loggedIn('right').send(letterTo('ada@example.com'))
  expect(locked.received).toHaveLength(1)
  await locked.stop()
})

it('that it takes our mail again is told once, too', async () => {
  const { log, entries } = recordingLog()
  const mailer = createSmtpMailer(server.url, settings, { log })
  server.decideRecipient = () => Promise.reject(smtpError(554, 'Relay access denied'))
  await errorOf(mailer.send(letterTo('ada@example.com')))
  server.decideRecipient = async () => {}
  for (let count = 0; count < 2; count++) await mailer.send(letterTo('ada@example.com'))
  expect(entries.map(({ level }) => level)).toEqual(['error', 'info'])
})

it('a certificate that nobody signed is refused, unless the operator says otherwise', async () => {
  const own = await createSmtpServer({ hasTls: true })
  const { log, entries } = recordingLog()
  const error = await errorOf(createSmtpMailer(own.url, settings, { log }).send(letterTo('ada@example.com')))
  expect(error).toBeInstanceOf(DependencyAwayError)
  expect(String(error)).toContain('certificate')
  expect(entries).toMatchObject([{ level: 'error' }])
  await mailerTo(own, '?tls.rejectUnauthorized=false').send(letterTo('ada@example.com'))
  expect(own.received).toMatchObject([{ isEncrypted: true }])
  await own.stop()
})

it('mails that follow each other share a connection, and survive the server’s restart', async () => {
  const mailer = mailerTo(server)
  for (let count = 0; count < 3; count++) await mailer.send(letterTo('ada@example.com'))
  expect(server.connections).toBe(1)
  await server.stop()
  await server.start()
  await mailer.send(letterTo('ada@example.com'))
  expect(server.received).toHaveLength(4)
  mailer.close()
  await eventually(() => expect(server.open()).toBe(0))
})

it('a server that went without a goodbye gets the next mail, once', async () => {
  const mailer = mailerTo(server)
  await mailer.send(letterTo('ada@example.com'))
  server.cut()
  await mailer.send(letterTo('ada@example.com'))
  expect(server.offered).toHaveLength(2)
})

it('many at once go over a few connections', async () => {
  const mailer = mailerTo(server)
  const mails = Array.from({ length: 40 }, (_, number) => ({
    ...letterTo('ada@example.com'),
    key: `job.${number}`,
  }))
  await Promise.all(mails.map((mail) => mailer.send(mail)))
  expect(new Set(server.received.map(({ messageId }) => messageId)).size).toBe(40)
  expect(server.connections).toBe(5)
})

const letters = (count: number) =>
  Array.from({ length: count }, (_, number) => ({ ...letterTo('ada@example.com'), key: `job.${number}` }))

const impatient = (query = '') => createSmtpMailer(`${server.url}${query}`, settings, { pauseMs: 0 })

/** How many of the recipients it was asked for so far; it answers none of them. */
function hang() {
  const hanging = { asked: 0 }
  server.decideRecipient = () => {
    hanging.asked++
    return new Promise(() => {})
  }
  return hanging
}

it('when a server hangs, those who wait for a connection do not wait for the same silence', async () => {
  const hanging = hang()
  const mailer = impatient('?socketTimeout=500')
  const errors = await Promise.all(letters(20).map((mail) => errorOf(mailer.send(mail))))
  for (const error of errors) expect(error).toBeInstanceOf(DependencyAwayError)
  expect(hanging.asked).toBeLessThanOrEqual(5)
  expect(errors.filter((error) => String(error).includes('Timeout')).length).toBeGreaterThan(0)
})

it('while a server hangs, of twenty mails one is held; once it answers, all arrive, once', async () => {
  const hanging = hang()
  const mailer = impatient('?socketTimeout=2000')
  await errorOf(mailer.send(letterTo('ada@example.com')))
  const errors = await Promise.all(letters(20).map((mail) => errorOf(mailer.send(mail))))
  for (const error of errors) expect(error).toBeInstanceOf(DependencyAwayError)
  expect(hanging.asked).toBeLessThanOrEqual(2)

  server.decideRecipient = async () => {}
  const [first, ...others] = letters(20)
  await mailer.send(first!)
  await Promise.all(others.map((mail) => mailer.send(mail)))
  expect(new Set(server.received.map(({ messageId }) => messageId)).size).toBe(20)
  expect(server.received).toHaveLength(20)
})

it('a server that did not answer is left alone for a while', async () => {
  const hanging = hang()
  const mailer = createSmtpMailer(server.url, settings, { patienceMs: 500, pauseMs: 60_000 })
  await errorOf(mailer.send(letterTo('ada@example.com')))
  const errors = await Promise.all(letters(20).map((mail) => errorOf(mailer.send(mail))))
  for (const error of errors) expect(error).toBeInstanceOf(DependencyAwayError)
  expect(hanging.asked).toBeLessThanOrEqual(1)
})

it('one that has the mail and says nothing holds up no others either', async () => {
  server.decide = () => new Promise(() => {})
  const mailer = createSmtpMailer(`${server.url}?socketTimeout=2000`, settings, { pauseMs: 60_000 })
  await errorOf(mailer.send(letterTo('ada@example.com')))
  const error = await errorOf(mailer.send(letterTo('bob@example.com')))
  expect(error).toBeInstanceOf(DependencyAwayError)
  expect(server.offered).toHaveLength(1)
})

it.each([451, 550, 421])('an answer of %d to one recipient stops no mail to others', async (code) => {
  server.decideRecipient = async (address) => {
    if (address === 'eve@example.com') throw smtpError(code, 'Not you')
  }
  const mailer = mailerTo(server)
  expect(await errorOf(mailer.send(letterTo('eve@example.com')))).toBeInstanceOf(Error)
  await Promise.all(letters(5).map((mail) => mailer.send(mail)))
  expect(server.received).toHaveLength(5)
})

it('a mail that is given up with its job stops no others', async () => {
  const stopping = new AbortController()
  server.decideRecipient = async () => stopping.abort()
  const mailer = mailerTo(server)
  await errorOf(mailer.send(letterTo('ada@example.com'), stopping.signal))
  server.decideRecipient = async () => {}
  await Promise.all(letters(5).map((mail) => mailer.send(mail)))
  expect(server.received).toHaveLength(5)
})

it('a server that is gone is looked for by one mail at a time, and found at once when it is back', async () => {
  await server.stop()
  const mailer = mailerTo(server)
  await errorOf(mailer.send(letterTo('ada@example.com')))
  const errors = await Promise.all(letters(5).map((mail) => errorOf(mailer.send(mail))))
  expect(errors.filter((error) => String(error).includes('ECONNREFUSED'))).toHaveLength(1)
  await server.start()
  await mailer.send(letterTo('ada@example.com'))
  await Promise.all(letters(5).map((mail) => mailer.send(mail)))
  expect(server.received).toHaveLength(6)
})

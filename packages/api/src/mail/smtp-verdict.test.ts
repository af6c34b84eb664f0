import { afterEach, expect, it } from 'vitest'
import { DependencyAwayError, PermanentJobError } from '../jobs/errors.ts'
import { recordingLog } from '../testing/log.ts'
import {
  createScriptedSmtpServer,
  hangUp,
  silence,
  type ScriptedSmtpServer,
  type SmtpReplies,
} from '../testing/smtp-script.ts'
import { createSmtpMailer, type SmtpMailer } from './smtp-mailer.ts'

let server: ScriptedSmtpServer
let mailer: SmtpMailer

afterEach(async () => {
  mailer.close()
  await server.stop()
})

const settings = { publicUrl: 'https://tenon.example', mailFrom: 'Tenon <mail@tenon.example>' }
const mail = { to: 'ada@example.com', subject: 'Hi', text: 'Hi', html: '<p>Hi</p>', key: 'job.1' }

/** What becomes of a mail whose server says this. */
async function fateOf(replies: SmtpReplies, { login = '', query = '' } = {}) {
  const { log, entries } = recordingLog()
  server = await createScriptedSmtpServer(replies)
  mailer = createSmtpMailer(server.url.replace('//', `//${login}`) + query, settings, { log })
  const error: unknown = await mailer.send(mail).catch((thrown: unknown) => thrown)
  if (error === undefined) return 'sent'
  const isTold = entries.some(({ level }) => level === 'error')
  if (error instanceof PermanentJobError) return 'refused'
  return error instanceof DependencyAwayError ? (isTold ? 'misconfigured' : 'away') : 'deferred'
}

const withAuth = '250-relay.example\r\n250 AUTH PLAIN'
const withPipelining = '250-relay.example\r\n250 PIPELINING'
const withTls = '250-relay.example\r\n250 STARTTLS'

it('a server that says nothing unusual gets the mail', async () => {
  expect(await fateOf({})).toBe('sent')
})

it.each<[SmtpReplies, string]>([
  [{ RCPT: '450 4.2.0 Greylisted, come back later' }, 'deferred'],
  [{ RCPT: '451 4.7.1 Try again' }, 'deferred'],
  [{ RCPT: '452 4.2.2 Mailbox full' }, 'deferred'],
  [{ RCPT: '550 5.1.1 No such user' }, 'refused'],
  [{ RCPT: '551 User not local' }, 'refused'],
  [{ RCPT: '552 5.2.2 Mailbox full' }, 'refused'],
  [{ RCPT: '553 5.1.3 Bad address' }, 'refused'],
  [{ RCPT: '554 5.7.1 Blocked by policy' }, 'refused'],
  [{ RCPT: '503 Bad sequence of commands' }, 'deferred'],
  [{ DATA: '451 Not now' }, 'deferred'],
  [{ DATA: '554 No valid recipients' }, 'refused'],
  [{ '.': '450 Not now' }, 'deferred'],
  [{ '.': '550 5.7.1 Looks like spam' }, 'refused'],
  [{ '.': '552 5.3.4 Too large' }, 'refused'],
  [{ '.': '554 5.6.0 Rejected' }, 'refused'],
  [{ MAIL: '552 5.3.4 Too large' }, 'refused'],
  [{ EHLO: withPipelining, RCPT: '550 5.1.1 No such user', DATA: '554 No valid recipients' }, 'refused'],
])('%j is about this mail: %s', async (replies, fate) => {
  expect(await fateOf(replies)).toBe(fate)
})

it.each<[SmtpReplies]>([
  [{ CONNECT: '421 Too busy' }],
  [{ CONNECT: '450 Not now' }],
  [{ CONNECT: 'HTTP/1.1 400 Bad Request' }],
  [{ CONNECT: hangUp }],
  [{ EHLO: '421 Too busy' }],
  [{ EHLO: '451 Not now', HELO: '451 Not now' }],
  [{ EHLO: hangUp }],
  [{ MAIL: '421 Closing' }],
  [{ MAIL: '451 4.3.0 Temporary lookup failure' }],
  [{ MAIL: '452 4.3.1 Insufficient system storage' }],
  [{ MAIL: hangUp }],
  [{ RCPT: '421 Too many recipients an hour' }],
  [{ RCPT: '451 4.3.0 Temporary lookup failure' }],
  [{ RCPT: '451 4.7.1 Relaying denied' }],
  [{ RCPT: '454 Throttling failure: Maximum sending rate exceeded' }],
  [{ RCPT: hangUp }],
  [{ DATA: '421 Closing' }],
  [{ DATA: hangUp }],
  [{ '.': '421 Closing' }],
  [{ '.': '451 4.3.0 Queue file write error' }],
])('%j is about the server, for now: it is away', async (replies) => {
  expect(await fateOf(replies)).toBe('away')
})

it.each<[SmtpReplies]>([
  [{ CONNECT: '554 No service for you' }],
  [{ EHLO: '550 Who are you?', HELO: '550 Who are you?' }],
  [{ MAIL: '530 5.7.0 Must issue a STARTTLS command first' }],
  [{ MAIL: '530 5.7.0 Authentication required' }],
  [{ MAIL: '550 5.7.1 Sender not allowed' }],
  [{ MAIL: '553 5.7.1 Sender address rejected: not owned by user' }],
  [{ RCPT: '530 5.7.0 Authentication required' }],
  [{ RCPT: '554 5.7.1 <ada@example.com>: Relay access denied' }],
  [{ RCPT: '550 relay not permitted' }],
  [{ RCPT: '550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain' }],
  [{ EHLO: withPipelining, RCPT: '554 5.7.1 Relay access denied', DATA: '554 No valid recipients' }],
  [{ '.': '538 5.7.11 Encryption required' }],
  [{ '.': '554 5.3.5 System incorrectly configured' }],
])('%j is about our settings: mail waits, and the operator is told', async (replies) => {
  expect(await fateOf(replies)).toBe('misconfigured')
})

it('an answer of several lines is kept as one', async () => {
  server = await createScriptedSmtpServer({ RCPT: '550-5.1.1 No such\r\n550 5.1.1 user' })
  mailer = createSmtpMailer(server.url, settings)
  await expect(mailer.send(mail)).rejects.toThrow(/550-5\.1\.1 No such 550 5\.1\.1 user$/)
})

it.each<[SmtpReplies, string]>([
  [{ AUTH: '535 5.7.8 Wrong credentials' }, 'misconfigured'],
  [{ AUTH: '534 5.7.9 Too weak' }, 'misconfigured'],
  [{ AUTH: '538 5.7.11 Encryption required' }, 'misconfigured'],
  [{ AUTH: '454 4.7.0 Temporary authentication failure' }, 'away'],
  [{ AUTH: '421 Closing' }, 'away'],
  [{ AUTH: hangUp }, 'away'],
])('logging in, %j: %s', async (replies, fate) => {
  expect(await fateOf({ EHLO: withAuth, ...replies }, { login: 'tenon:secret@' })).toBe(fate)
})

it.each<[SmtpReplies, string]>([
  [{ STARTTLS: '454 TLS not available' }, 'away'],
  [{ STARTTLS: '554 Never' }, 'misconfigured'],
  [{ STARTTLS: hangUp }, 'away'],
])('securing the connection, %j: %s', async (replies, fate) => {
  expect(await fateOf({ EHLO: withTls, ...replies })).toBe(fate)
})

it.each<[SmtpReplies]>([
  [{ CONNECT: silence }],
  [{ EHLO: silence }],
  [{ RCPT: silence }],
  [{ DATA: silence }],
])('a server that says nothing is away when the time is up: %j', async (replies) => {
  expect(await fateOf(replies, { query: '?socketTimeout=50&greetingTimeout=50' })).toBe('away')
})

it.each<[SmtpReplies]>([[{ '.': silence }], [{ '.': hangUp }]])(
  'a server that has the mail and does not say so, %j, costs an attempt, as it may have taken it each time',
  async (replies) => {
    // Long enough for a busy machine to hand the mail over.
    expect(await fateOf(replies, { query: '?socketTimeout=2000' })).toBe('deferred')
  },
)

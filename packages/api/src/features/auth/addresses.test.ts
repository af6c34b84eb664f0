import { domainToASCII } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSmtpMailer } from '../../mail/smtp-mailer.ts'
import { dumpOf } from '../../testing/dump.ts'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { createSmtpServer, type TestSmtpServer } from '../../testing/smtp-server.ts'

let api: TestApi
let smtp: TestSmtpServer
let ada: Person
let bob: Person

beforeAll(async () => {
  api = await createTestApi()
  smtp = await createSmtpServer()
  api.deps.mailer = createSmtpMailer(smtp.url, api.deps.settings)
  ada = await api.person('ada')
  bob = await api.person('bob')
})

afterAll(async () => {
  await smtp.stop()
  await api.stop()
})

/** Drains the jobs, and says to whom each mail went that the server was handed since. */
async function recipients() {
  const before = smtp.received.length
  await api.drainJobs()
  expect(await api.waitingJobs()).toEqual([])
  return smtp.received.slice(before).map((mail) => mail.recipients.map(asSent))
}

/** The test server shows a domain as people read it. */
const asSent = (address: string) => address.replace(/[^@]*$/, domainToASCII)

let count = 0

/** Everything that takes an address. */
const uses = {
  register: (email: string) => api.nobody.users.create({ email, username: `person_${++count}`, password }),
  signIn: (email: string) => api.nobody.auth.signIn({ email, password, tokenInBody: true }),
  requestReset: (email: string) => api.nobody.auth.password.requestReset({ email }),
  change: (email: string) => bob.calls.auth.email.change({ email }),
}

it.each(['ADA@EXAMPLE.COM', 'Ada@Example.Com', 'ada@EXAMPLE.com'])(
  '%s is the account of ada@example.com',
  async (email) => {
    expect(await refusalOf(uses.register(email))).toMatchObject({ code: 'EMAIL_TAKEN' })
    expect(await uses.signIn(email)).toMatchObject({ user: { username: 'ada', email: ada.email } })
    await uses.requestReset(email)
    expect(await recipients()).toEqual([[ada.email]])
    await uses.change(email)
    expect(await recipients()).toEqual([[bob.email]])
  },
)

const refused = {
  'full-width letters': 'ａｄａ@example.com',
  'a full-width at sign': 'ada＠example.com',
  'an ideographic full stop': 'ada@example。com',
  'a Cyrillic look-alike': 'аda@example.com',
  'a Cyrillic look-alike in the domain': 'ada@exаmple.com',
  'a Greek look-alike': 'adα@example.com',
  'a dotless i': 'admın@example.com',
  'a dotted capital i': 'admİn@example.com',
  'the Kelvin sign': '\u212Aira@example.com',
  'the Kelvin sign in the domain': 'ada@\u212Aexample.com',
  'the long s': 'adaſ@example.com',
  'a zero-width space': 'ad\u200Ba@example.com',
  'a zero-width joiner': 'ad\u200Da@example.com',
  'a byte-order mark': '\uFEFFada@example.com',
  'a soft hyphen': 'ad\u00ADa@example.com',
  'a combining accent': 'ada\u0301@example.com',
  'a right-to-left override': '\u202Eada@example.com',
  'a quoted local part': '"ada"@example.com',
  'a quoted local part with two addresses': '"ada@example.com, eve"@evil.example',
  'a line break and a header': 'ada@example.com\r\nBcc: eve@evil.example',
  'a line feed and a command': 'ada@example.com\nRCPT TO:<eve@evil.example>',
  'a line break at the end': 'ada@example.com\r\n',
  'a comma and a second address': 'ada@example.com,eve@evil.example',
  'a semicolon and a second address': 'ada@example.com;eve@evil.example',
  'a space and a second address': 'ada@example.com eve@evil.example',
  'angle brackets': '<ada@example.com>',
  'a closing bracket and a second address': 'ada@example.com>, <eve@evil.example',
  'a display name': 'Ada <ada@example.com>',
  'a comment': 'ada(eve@evil.example)@example.com',
  'a route': '@evil.example:ada@example.com',
  'a percent route': 'ada%example.com@evil.example',
  'a bang route': 'evil.example!ada@example.com',
  'two at signs': 'ada@evil.example@example.com',
  'a space before it': ' ada@example.com',
  'a space after it': 'ada@example.com ',
  'a NUL': 'ada\0@example.com',
  'a literal address': 'ada@[127.0.0.1]',
  'no domain': 'ada@localhost',
  '255 letters': `${'a'.repeat(243)}@example.com`,
}

it.each(Object.entries(refused))(
  'an address with %s is refused before anything is written or queued',
  async (_, email) => {
    const before = await dumpOf(api.db)
    for (const use of Object.values(uses)) {
      const refusal = await refusalOf(use(email))
      expect(refusal).toMatchObject({
        code: 'VALIDATION_ERROR',
        details: { fields: { email: expect.any(Array) } },
      })
    }
    expect(await dumpOf(api.db)).toBe(before)
  },
)

it.each([
  "o'brien@example.com",
  'ada+tag@example.com',
  'a.d.a@example.com',
  'ada@xn--80ak6aa92e.com',
  'ada@mail.example.com',
])('%s is an account of its own, and gets its mail alone', async (email) => {
  const username = `own_${++count}`
  expect(await api.nobody.users.create({ email, username, password })).toMatchObject({ email })
  expect(await recipients()).toEqual([[email]])
  await uses.requestReset(email.toUpperCase())
  expect(await recipients()).toEqual([[email]])
})

it('no mail here ever had two recipients, nor one that nobody gave', () => {
  expect(smtp.received.length).toBeGreaterThan(10)
  for (const { recipients: addresses } of smtp.received) {
    expect(addresses).toHaveLength(1)
    expect(addresses[0]).not.toContain('evil.example')
  }
})

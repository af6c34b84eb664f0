import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { callbackify } from 'node:util'
import { simpleParser, type ParsedMail } from 'mailparser'
import {
  SMTPServer,
  type SMTPServerAuthentication,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from 'smtp-server'

export interface ReceivedMail extends ParsedMail {
  recipients: string[]
}

export interface TestSmtpServer {
  url: string
  received: ReceivedMail[]
  /** How many times somebody tried to hand over a mail. */
  attempts: number
  /** Decides on each mail: returns to take it, throws to refuse it, waits to hang. */
  decide(mail: ReceivedMail): Promise<void>
  stop(): Promise<void>
  /** On the same port, after a stop. */
  start(): Promise<void>
}

interface Options {
  /** Asks for this user's password. */
  login?: { user: string; pass: string }
  greeting?: () => Promise<void>
}

/** A real SMTP server on a free port of this machine. */
export async function createSmtpServer({ login, greeting }: Options = {}): Promise<TestSmtpServer> {
  let server: SMTPServer
  let port = 0
  const mailServer: TestSmtpServer = {
    url: '',
    received: [],
    attempts: 0,
    decide: async () => {},
    async start() {
      server = new SMTPServer({
        disabledCommands: ['STARTTLS'],
        authOptional: !login,
        allowInsecureAuth: true,
        disableReverseLookup: true,
        closeTimeout: 50,
        onConnect: callbackify(async (_: SMTPServerSession) => greeting?.()),
        onAuth: callbackify(
          async ({ username, password }: SMTPServerAuthentication, _: SMTPServerSession) => {
            if (username !== login?.user || password !== login?.pass)
              throw smtpError(535, 'Wrong credentials')
            return { user: username }
          },
        ),
        onData: callbackify(async (stream: SMTPServerDataStream, { envelope }: SMTPServerSession) => {
          const recipients = envelope.rcptTo.map(({ address }) => address)
          const mail = { ...(await simpleParser(stream)), recipients }
          mailServer.attempts++
          await mailServer.decide(mail)
          mailServer.received.push(mail)
        }),
      })
      server.on('error', () => {})
      const listening = server.listen(port, '127.0.0.1')
      await once(listening, 'listening')
      port = (listening.address() as AddressInfo).port
      mailServer.url = `smtp://127.0.0.1:${port}`
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  }
  await mailServer.start()
  return mailServer
}

export const smtpError = (responseCode: number, message: string) =>
  Object.assign(new Error(message), { responseCode })

import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { callbackify } from 'node:util'
import { simpleParser, type ParsedMail } from 'mailparser'
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerAuthentication,
  type SMTPServerDataStream,
  type SMTPServerSession,
} from 'smtp-server'

export interface ReceivedMail extends ParsedMail {
  recipients: string[]
  isEncrypted: boolean
}

export interface TestSmtpServer {
  url: string
  received: ReceivedMail[]
  /** Everything that was handed over whole, taken or not. */
  offered: ReceivedMail[]
  /** How many times somebody tried to hand over a mail. */
  attempts: number
  /** Connections that were made. */
  connections: number
  /** Connections that are open. */
  open(): number
  /** Decides on each mail: returns to take it, throws to refuse it, waits to hang. */
  decide(mail: ReceivedMail): Promise<void>
  /** Decides on each recipient, likewise. */
  decideRecipient(address: string): Promise<void>
  /** Closes every connection without a word. */
  cut(): void
  stop(): Promise<void>
  /** On the same port, after a stop. */
  start(): Promise<void>
}

interface Options {
  /** Asks for this user's password. */
  login?: { user: string; pass: string }
  greeting?: () => Promise<void>
  /** Offers STARTTLS, with a certificate that nobody signed. */
  hasTls?: boolean
}

/** A real SMTP server on a free port of this machine. */
export async function createSmtpServer(options: Options = {}): Promise<TestSmtpServer> {
  let server: SMTPServer
  let port = 0
  const sockets = new Set<Socket>()
  const mailServer: TestSmtpServer = {
    url: '',
    received: [],
    offered: [],
    attempts: 0,
    connections: 0,
    open: () => sockets.size,
    decide: async () => {},
    decideRecipient: async () => {},
    cut: () => sockets.forEach((socket) => socket.destroy()),
    async start() {
      server = new SMTPServer({ ...settingsOf(options), ...decisions(mailServer) })
      server.on('error', () => {})
      const listening = server.listen(port, '127.0.0.1')
      listening.on('connection', (socket: Socket) => {
        mailServer.connections++
        sockets.add(socket)
        socket.on('close', () => sockets.delete(socket))
      })
      await once(listening, 'listening')
      port = (listening.address() as AddressInfo).port
      mailServer.url = `smtp://127.0.0.1:${port}`
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  }
  await mailServer.start()
  return mailServer
}

const settingsOf = ({ login, greeting, hasTls }: Options) => ({
  disabledCommands: hasTls ? [] : ['STARTTLS'],
  authOptional: !login,
  allowInsecureAuth: true,
  disableReverseLookup: true,
  closeTimeout: 50,
  onConnect: callbackify(async (_: SMTPServerSession) => greeting?.()),
  onAuth: callbackify(async ({ username, password }: SMTPServerAuthentication, _: SMTPServerSession) => {
    if (username !== login?.user || password !== login?.pass) throw smtpError(535, 'Wrong credentials')
    return { user: username }
  }),
})

const decisions = (mailServer: TestSmtpServer) => ({
  onRcptTo: callbackify(async ({ address }: SMTPServerAddress, _: SMTPServerSession) =>
    mailServer.decideRecipient(address),
  ),
  onData: callbackify(async (stream: SMTPServerDataStream, { envelope, secure }: SMTPServerSession) => {
    const recipients = envelope.rcptTo.map(({ address }) => address)
    const mail = { ...(await simpleParser(stream)), recipients, isEncrypted: secure }
    mailServer.attempts++
    mailServer.offered.push(mail)
    await mailServer.decide(mail)
    mailServer.received.push(mail)
  }),
})

export const smtpError = (responseCode: number, message: string) =>
  Object.assign(new Error(message), { responseCode })

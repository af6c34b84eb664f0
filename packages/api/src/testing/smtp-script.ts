import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** What a client sends, `CONNECT` before all and `.` after the mail. */
export type SmtpStep =
  | 'CONNECT'
  | 'EHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | '.'
  | 'RSET'
  | 'QUIT'

export type SmtpReplies = Partial<Record<SmtpStep, string>>

/** Says nothing, and keeps the connection. */
export const silence = ''
/** Closes the connection in place of an answer. */
export const hangUp = 'hang up'

const usual: Record<SmtpStep, string> = {
  CONNECT: '220 relay.example',
  EHLO: '250 relay.example',
  HELO: '250 relay.example',
  STARTTLS: '220 Go on',
  AUTH: '235 Welcome',
  MAIL: '250 Ok',
  RCPT: '250 Ok',
  DATA: '354 Go on',
  '.': '250 Taken',
  RSET: '250 Ok',
  QUIT: '221 Bye',
}

export interface ScriptedSmtpServer {
  url: string
  /** Mails that it took. */
  taken: number
  /** Connections that are open. */
  open(): number
  stop(): Promise<void>
}

/** Answers each step as told, for what a real server can't be brought to say. */
export async function createScriptedSmtpServer(replies: SmtpReplies = {}): Promise<ScriptedSmtpServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    converse(socket, { ...usual, ...replies }, () => scripted.taken++)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const scripted: ScriptedSmtpServer = {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: 0,
    open: () => sockets.size,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return scripted
}

function converse(socket: Socket, replies: Record<SmtpStep, string>, onTaken: () => void) {
  let isInMail = false
  const answer = (step: SmtpStep) => {
    const reply = replies[step]
    if (reply === hangUp) return socket.end()
    if (step === '.' && reply.startsWith('2')) onTaken()
    if (reply !== silence) socket.write(`${reply}\r\n`)
    isInMail = step === 'DATA' && reply.startsWith('354')
  }
  answer('CONNECT')
  createInterface({ input: socket })
    .on('error', () => {})
    .on('line', (line) => {
      if (isInMail && line !== '.') return
      answer(isInMail ? '.' : (line.split(/[\s:]/)[0]!.toUpperCase() as SmtpStep))
    })
}

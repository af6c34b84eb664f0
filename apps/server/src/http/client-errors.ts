import { randomUUID } from 'node:crypto'
import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { fail, type Failure } from '@tenon/api'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { failureBody, unreadable } from './failures.ts'

interface ClientError {
  code?: string | undefined
  /** What was being read, a Buffer; it begins with the request line, unless that came long before. */
  rawPacket?: unknown
}

const unanswered = new WeakMap<Socket, IncomingMessage>()

/** So that garbage behind a request is not answered in its place. */
export function trackRequests(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }) => void unanswered.set(raw.socket, raw))
  app.addHook('onResponse', async ({ raw }) => void unanswered.delete(raw.socket))
}

/** Answers what never became a request: Node's parser gave up, so there is only the socket to write to. */
export function answerClientErrors(headers: Record<string, string>, log: FastifyBaseLogger) {
  return (error: ClientError, socket: Socket): void => {
    const isForAnother = unanswered.get(socket)?.complete
    if (error.code === 'ECONNRESET' || !socket.writable || isForAnother) return void socket.destroy()
    const [failure, url, requestId] = [failureOf(error), urlOf(error), randomUUID()]
    const { status } = failure
    log.info(
      { requestId, path: url.split('?', 1)[0], status, reason: error.code },
      'no request could be read',
    )
    socket.end(toRawAnswer(failure, url, { ...headers, 'x-request-id': requestId }))
    socket.once('finish', () => socket.destroy())
  }
}

function urlOf({ rawPacket }: ClientError): string {
  const start = Buffer.isBuffer(rawPacket) ? rawPacket.subarray(0, 200).toString('latin1') : ''
  return /^[A-Z]+ (\/\S*)/.exec(start)?.[1] ?? '/'
}

function failureOf({ code }: ClientError): Failure {
  if (code === 'HPE_HEADER_OVERFLOW') return fail('HEADERS_TOO_LARGE')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return unreadable('The request took too long to arrive')
  return unreadable('This is not a valid HTTP request')
}

function toRawAnswer(
  failure: Failure,
  url: string,
  headers: Record<string, string> & { 'x-request-id': string },
): string {
  const body = failureBody(failure, url, headers['x-request-id'])
  const all = {
    ...headers,
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}`, ...lines, '', body].join('\r\n')
}

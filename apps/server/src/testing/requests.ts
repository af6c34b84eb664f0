import { once } from 'node:events'
import { request, type Agent, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import * as z from 'zod'

export interface Sent {
  headers?: Record<string, string | string[]>
  /** An object is sent as JSON, a text or bytes as they are. */
  body?: object | string | Buffer
  /** To keep the connection; else each request has its own. */
  agent?: Agent
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** Undefined when the body is not JSON. */
  json: unknown
}

/** By `node:http`: `fetch` would not send the origins, hosts and cookies that tests have to send. */
export async function send(
  method: string,
  url: string,
  { headers = {}, body, agent }: Sent = {},
): Promise<Answer> {
  const isJson = typeof body === 'object' && !Buffer.isBuffer(body)
  const type = isJson ? { 'content-type': 'application/json' } : {}
  const bytes = isJson ? JSON.stringify(body) : body
  // Node announces no length with DELETE.
  const isAnnounced = bytes !== undefined && !('transfer-encoding' in headers)
  const length = isAnnounced ? { 'content-length': String(Buffer.byteLength(bytes)) } : {}
  const call = request(url, { method, headers: { ...type, ...length, ...headers }, agent: agent ?? false })
  const answered = new Promise<Answer>((resolve, reject) => {
    call.on('error', reject)
    call.on('response', (response) => {
      const { statusCode = 0, headers: received } = response
      if (received['content-type']?.startsWith('text/event-stream')) {
        response.destroy()
        return resolve({ status: statusCode, headers: received, text: '', json: undefined })
      }
      text(response).then(
        (all) => resolve({ status: statusCode, headers: received, text: all, json: parse(all) }),
        reject,
      )
    })
  })
  call.end(bytes)
  return answered
}

/** A procedure by tRPC, with what it is called with in the query or the body. */
export function callTrpc(
  server: { url: string },
  kind: 'query' | 'mutation',
  path: string,
  input?: unknown,
  sent: Sent = {},
) {
  const json = input === undefined ? undefined : JSON.stringify(input)
  if (kind === 'query') {
    return send(
      'GET',
      `${server.url}/trpc/${path}${json === undefined ? '' : `?input=${encodeURIComponent(json)}`}`,
      sent,
    )
  }
  const headers = { 'content-type': 'application/json', ...sent.headers }
  return send('POST', `${server.url}/trpc/${path}`, {
    ...(json !== undefined && { body: json }),
    ...sent,
    headers,
  })
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** What follows these bytes on a connection of their own, to its end. */
export async function sendRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname)
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(bytes)
  return text(socket)
}

const restError = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
    requestId: z.string().min(8),
  }),
})

const trpcError = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    code: z.int(),
    data: restError.shape.error.extend({ httpStatus: z.int() }),
  }),
})

/** The error in an answer, which must be in the shape of its transport and hold nothing else. */
export function errorOf({ json, status, headers }: Answer, transport: 'rest' | 'trpc') {
  if (!headers['content-type']?.startsWith('application/json')) throw new Error('this is not called JSON')
  const error = transport === 'rest' ? restError.parse(json).error : trpcError.parse(json).error.data
  if (error.requestId !== headers['x-request-id']) throw new Error('the request ids differ')
  if ('httpStatus' in error && error.httpStatus !== status) throw new Error('the statuses differ')
  return { status, code: error.code, message: error.message, details: error.details }
}

function parse(received: string): unknown {
  try {
    return JSON.parse(received)
  } catch {
    return undefined
  }
}

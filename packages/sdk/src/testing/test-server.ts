import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** What a request was, for a test to look at. */
export interface SeenRequest {
  method: string
  /** The procedures that were called, in their order. */
  paths: string[]
  url: string
  headers: IncomingHttpHeaders
  body: string
}

type Behave = (request: SeenRequest, response: ServerResponse, number: number) => void

/** A server on a free port that does as it is told, however rude; it ends with the test. */
export async function startServer(behave: Behave): Promise<{ url: string; seen: SeenRequest[] }> {
  const seen: SeenRequest[] = []
  const server = createServer((incoming, response) => {
    read(incoming).then(
      (request) => behave(request, response, seen.push(request)),
      // Who asked left before all of it had come.
      () => {},
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

async function read(incoming: IncomingMessage): Promise<SeenRequest> {
  let body = ''
  for await (const chunk of incoming) body += String(chunk)
  const { method = '', url = '', headers } = incoming
  const paths = new URL(url, 'http://localhost').pathname.replace('/trpc/', '').split(',')
  return { method, url, paths, headers, body }
}

export function answer(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  const isText = typeof body === 'string'
  response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers })
  response.end(isText ? body : JSON.stringify(body))
}

/** Answers every call of the request with its own path. */
export function echo(request: SeenRequest, response: ServerResponse): void {
  const outcomes = request.paths.map((path) => ok({ path }))
  answer(response, 200, request.url.includes('batch=1') ? outcomes : outcomes[0])
}

export const ok = (data: unknown) => ({ result: { data } })

export const refused = (httpStatus: number, code: string, details: object = {}, message = 'No.') => ({
  error: { code: -32000, message, data: { code, message, details, requestId: 'r-1', httpStatus } },
})

import type { ServerResponse } from 'node:http'
import { startServer, type SeenRequest } from './test-server.ts'

/** A stream as a server has it in hand. */
export interface ServedStream {
  request: SeenRequest
  response: ServerResponse
  /** The event that the client has, as it says. */
  lastEventId: string | undefined
  send(...ids: number[]): void
  /** Ends the connection as a crash would. */
  cut(): void
}

type Serve = (stream: ServedStream, number: number) => void

/** A server of streams on a free port; every connection begins as the real server's do, with a pause of no time. */
export async function startEventServer(serve: Serve) {
  const open = new Set<ServerResponse>()
  const { url, seen } = await startServer((request, response, number) => {
    open.add(response)
    response.once('close', () => open.delete(response))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('retry: 0\n\n')
    serve(streamOf(request, response), number)
  })
  return { url, seen, open }
}

function streamOf(request: SeenRequest, response: ServerResponse): ServedStream {
  return {
    request,
    response,
    lastEventId: request.headers['last-event-id'] as string | undefined,
    send: (...ids) => void response.write(ids.map(eventText).join('')),
    cut: () => void response.destroy(),
  }
}

export const eventOf = (id: number) => ({
  id: `1-${id}`,
  topic: 'notifications',
  kind: 'notification.created',
  data: { number: id, name: 'Ädä 🎉' },
  at: '2026-11-23T10:00:00.000Z',
})

export const eventText = (id: number) =>
  `id: 1-${id}\nevent: notifications\ndata: ${JSON.stringify(eventOf(id))}\n\n`

export const openedText = (id: number) =>
  `id: 1-${id}\nevent: notifications\ndata: ${JSON.stringify({ ...eventOf(id), kind: 'stream.opened' })}\n\n`

/** Resolves when it holds; the test's time-out is the limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

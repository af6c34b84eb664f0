import { ApiError } from '../api-error.ts'
import { isObject } from '../answers.ts'
import { reached, type Fetch } from '../fetch.ts'
import type { StreamSource } from './stream.ts'

/** How a client reaches its server for streams. */
export interface Streams {
  origin: string
  fetch: Fetch | undefined
  headers(): Promise<Record<string, string>>
  isRenewable: boolean
}

/** Where REST has the subscriptions, since a plain stream is what every `fetch` can read. */
export const routes: Readonly<Record<string, string>> = { 'live.stream': '/api/v1/live' }

export function sourceOf(streams: Streams, path: string, input: unknown): StreamSource {
  const { lastEventId, ...rest } = isObject(input) ? input : {}
  return {
    isRenewable: streams.isRenewable,
    lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
    async request(from, signal) {
      const address = `${streams.origin}${routeOf(path)}?${queryOf(rest)}`
      const headers = { ...(await streams.headers()), accept: 'text/event-stream', ...resumption(from) }
      return reached((streams.fetch ?? fetch)(address, { headers, signal, cache: 'no-store' }))
    },
  }
}

function routeOf(path: string): string {
  const route = routes[path]
  if (!route) throw new ApiError({ code: 'INTERNAL', message: `There is no stream ${path}.` })
  return route
}

function queryOf(input: object): string {
  const entries = Object.entries(input).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, String(value)]),
  )
  return new URLSearchParams(entries).toString()
}

const resumption = (from: string | undefined) => from !== undefined && { 'last-event-id': from }

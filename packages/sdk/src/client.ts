import {
  createTRPCClient,
  httpBatchLink,
  httpLink,
  splitLink,
  type Operation,
  type TRPCLink,
} from '@trpc/client'
import type { AppRouter } from './api.ts'
import { apiErrorLink } from './api-error-link.ts'
import { callLink } from './call-link.ts'
import type { TenonClient } from './calls.ts'
import { fetchAnswers, type Fetch } from './fetch.ts'
import { idempotencyLink, keyOf } from './idempotency-link.ts'
import { liveLink } from './live/live-link.ts'
import { iterate } from './live/open-stream.ts'
import { sourceOf } from './live/source.ts'
import { withStreams } from './proxy.ts'
import { transformer } from './transformer.ts'

/** How to reach a Tenon server. */
export interface ClientOptions {
  /**
   * The server's origin, `https://tenon.example`; calls go to `/trpc` there. In a browser also `''`, the page's own
   * origin, where the session cookie goes along by itself.
   */
  url: string
  /**
   * Sent as `Authorization: Bearer …`: a session token or an access token. A function is asked before
   * every request and every connection of a stream, so it can renew what it holds; what it throws, the call rejects
   * with. With a token the server ignores the cookie.
   */
  token?: string | (() => Promise<string>)
  /** Used in place of the runtime's own `fetch`. */
  fetch?: Fetch
  /** Sent with every request; a function is asked before each. */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>)
  /**
   * Milliseconds that a call may take in all, waiting for its batch and its retries included; then it rejects with
   * `TIMEOUT`. Default 10,000; `Infinity` waits for ever. One call's own: `{ context: { timeoutMs: 60_000 } }`.
   * Streams have no end of their own.
   */
  timeoutMs?: number
}

const callsPerBatch = 10
const longestUrl = 4_000
const longestBatchedBody = 25_000

/**
 * Makes a client. It holds no connection and needs no closing; streams that are on do.
 *
 * - Calls made in the same tick travel together, at most 10 to a request; long ones, and those with an idempotency key,
 *   go alone.
 * - What may be repeated is retried when it meets a cut connection, a busy or restarting server (502, 503) or a rate
 *   limit (429), at most twice, after 125–500 ms and the seconds that the server asks for; not when it asks for more than
 *   5 or when `timeoutMs` would run out. That is every query, and every mutation that the server does once for each key:
 *   those get a key for each call. Other mutations are never retried: the first attempt may have done its work.
 * - `subscribe` and `iterate` reconnect by themselves until they are ended or refused.
 * - A call rejects with an {@link ApiError} and nothing else. An aborted `signal` ends its call at once.
 *
 * @throws TypeError where `url` is not absolute and there is no page to be relative to.
 * @example
 * const client = createClient({ url: 'http://localhost:3000' })
 * const { token } = await client.auth.signIn.mutate({ email, password, tokenInBody: true })
 *
 * const ada = createClient({ url: 'http://localhost:3000', token })
 * const { items, nextCursor } = await ada.users.list.query({ limit: 10 })
 */
export function createClient(options: ClientOptions): TenonClient {
  const origin = originOf(options.url)
  const streams = {
    origin,
    fetch: options.fetch,
    headers: () => headersOf(options),
    isRenewable: typeof options.token === 'function',
  }
  const client = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: liveLink((op) => sourceOf(streams, op.path, op.input)),
        false: [
          idempotencyLink,
          callLink(options.timeoutMs ?? 10_000),
          apiErrorLink,
          httpLinks(origin, options),
        ],
      }),
    ],
  })
  const typed: unknown = withStreams(client, (path, input, given) =>
    iterate(sourceOf(streams, path, input), given),
  )
  return typed as TenonClient
}

function httpLinks(origin: string, options: ClientOptions): TRPCLink<AppRouter> {
  const transport = { url: `${origin}/trpc`, fetch: fetchAnswers(options.fetch), transformer }
  return splitLink({
    condition: goesAlone,
    true: httpLink({ ...transport, headers: ({ op }) => headersOf(options, keyOf(op)) }),
    false: httpBatchLink({
      ...transport,
      headers: () => headersOf(options),
      maxItems: callsPerBatch,
      maxURLLength: transport.url.length + longestUrl,
    }),
  })
}

function originOf(url: string): string {
  if (!('location' in globalThis) && !URL.canParse(url)) {
    throw new TypeError(`createClient: url must be absolute outside a browser, not '${url}'`)
  }
  return url.replace(/\/+$/, '')
}

async function headersOf(
  { headers, token }: ClientOptions,
  idempotencyKey?: string,
): Promise<Record<string, string>> {
  const all = new Headers(typeof headers === 'function' ? await headers() : headers)
  const bearer = typeof token === 'function' ? await token() : token
  if (bearer) all.set('authorization', `Bearer ${bearer}`)
  if (idempotencyKey !== undefined) all.set('idempotency-key', idempotencyKey)
  return Object.fromEntries(all)
}

/** A key is for one call. A long one would fill a batch by itself, and be refused along with its neighbours. */
function goesAlone(op: Operation): boolean {
  const { type, input } = op
  if (keyOf(op) !== undefined) return true
  const json = JSON.stringify(input) ?? ''
  return type === 'query'
    ? encodeURIComponent(json).length > longestUrl / 2
    : json.length > longestBatchedBody
}

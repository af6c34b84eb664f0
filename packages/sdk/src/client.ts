import { createTRPCClient, httpBatchLink, httpLink, splitLink, type Operation } from '@trpc/client'
import type { AppRouter } from './api.ts'
import { apiErrorLink } from './api-error-link.ts'
import { callLink } from './call-link.ts'
import type { TenonClient } from './calls.ts'
import { fetchAnswers, type Fetch } from './fetch.ts'
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
   * every request, so it can renew what it holds; what it throws, the call rejects with. With a token the server
   * ignores the cookie.
   */
  token?: string | (() => Promise<string>)
  /** Used in place of the runtime's own `fetch`. */
  fetch?: Fetch
  /** Sent with every request; a function is asked before each. */
  headers?: Record<string, string> | (() => Record<string, string> | Promise<Record<string, string>>)
  /**
   * Milliseconds that a call may take in all, waiting for its batch and its retries included; then it rejects with
   * `TIMEOUT`. Default 10,000; `Infinity` waits for ever. One call's own: `{ context: { timeoutMs: 60_000 } }`.
   */
  timeoutMs?: number
}

const callsPerBatch = 10
const longestUrl = 4_000
const longestBatchedBody = 25_000

/**
 * Makes a client. It holds no connection and needs no closing.
 *
 * - Calls made in the same tick travel together, at most 10 to a request; long ones go alone.
 * - Queries that meet a cut connection, a busy or restarting server (502, 503) or a rate limit (429) are retried, at
 *   most twice, after 125–500 ms and the seconds that the server asks for; not when it asks for more than 5 or when
 *   `timeoutMs` would run out. Mutations are never retried: the first attempt may have done its work.
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
  const transport = {
    url: `${originOf(options.url)}/trpc`,
    fetch: fetchAnswers(options.fetch),
    headers: () => headersOf(options),
    transformer,
  }
  const client: unknown = createTRPCClient<AppRouter>({
    links: [
      callLink(options.timeoutMs ?? 10_000),
      apiErrorLink,
      splitLink({
        condition: goesAlone,
        true: httpLink(transport),
        false: httpBatchLink({
          ...transport,
          maxItems: callsPerBatch,
          maxURLLength: transport.url.length + longestUrl,
        }),
      }),
    ],
  })
  return client as TenonClient
}

function originOf(url: string): string {
  if (!('location' in globalThis) && !URL.canParse(url)) {
    throw new TypeError(`createClient: url must be absolute outside a browser, not '${url}'`)
  }
  return url.replace(/\/+$/, '')
}

async function headersOf({ headers, token }: ClientOptions): Promise<Record<string, string>> {
  const all = new Headers(typeof headers === 'function' ? await headers() : headers)
  const bearer = typeof token === 'function' ? await token() : token
  if (bearer) all.set('authorization', `Bearer ${bearer}`)
  return Object.fromEntries(all)
}

/** In a batch it would fill the address or the body by itself, and be refused along with its neighbours. */
function goesAlone({ type, input }: Operation): boolean {
  const json = JSON.stringify(input) ?? ''
  return type === 'query'
    ? encodeURIComponent(json).length > longestUrl / 2
    : json.length > longestBatchedBody
}

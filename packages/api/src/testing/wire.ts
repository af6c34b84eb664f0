import type { AnyTRPCRouter } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { createContext } from '../context.ts'
import type { Deps } from '../deps.ts'
import type { ErrorData } from '../error-codes.ts'
import { appRouter } from '../router.ts'

export interface Answer {
  status: number
  /** As it was sent, to look for what must not be in it. */
  text: string
  /** The failures in it, one or those of a batch. */
  errors: { message: string; data: ErrorData }[]
}

/** What tRPC sends for a request, with the limits and the formatting of errors that clients see. */
export async function answerTo(
  deps: Deps,
  path: string,
  init?: RequestInit,
  router: AnyTRPCRouter = appRouter,
): Promise<Answer> {
  const request = new Request(`http://localhost/trpc/${path}`, init)
  const incoming = {
    id: 'the-request',
    ip: '203.0.113.9',
    userAgent: undefined,
    authorization: request.headers.get('authorization') ?? undefined,
    cookie: undefined,
    mayUseCookies: true,
  }
  const response = await fetchRequestHandler({
    endpoint: '/trpc',
    router,
    req: request,
    maxBatchSize: 12,
    createContext: () => createContext(deps, incoming, { setCookie: () => {} }),
  })
  const text = await response.text()
  const answers: { error?: Answer['errors'][number] }[] = [JSON.parse(text)].flat()
  return { status: response.status, text, errors: answers.flatMap(({ error }) => error ?? []) }
}

export const posted = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

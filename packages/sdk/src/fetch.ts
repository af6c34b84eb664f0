import type { HTTPLinkOptions } from '@trpc/client'
import type { AppRouter } from './api.ts'
import { ApiError } from './api-error.ts'
import { errorOfAnswer, isTrpcBody } from './answers.ts'

/**
 * The part of `fetch` that the SDK uses; every runtime's own fits.
 *
 * @example
 * const logged: Fetch = (url, init) => (console.log(init.method, url), fetch(url, init))
 */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

type TransportFetch = NonNullable<HTTPLinkOptions<AppRouter['_def']['_config']['$types']>['fetch']>

/** `fetch` that resolves with tRPC's answers only: anything else is thrown as the `ApiError` that it stands for. */
export function fetchAnswers(given: Fetch | undefined): TransportFetch {
  return async (url, init) => {
    // tRPC's type allows more than its links pass: the address as a string, and options that suit every fetch.
    const response = await reached((given ?? fetch)(url as string, init as RequestInit))
    const body = parse(await reached(response.text()))
    if (!isTrpcBody(body)) throw errorOfAnswer(response, body)
    return { ok: response.ok, status: response.status, headers: response.headers, json: async () => body }
  }
}

export async function reached<Value>(promise: Promise<Value>): Promise<Value> {
  try {
    return await promise
  } catch (cause) {
    throw new ApiError({ code: 'NETWORK', cause })
  }
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

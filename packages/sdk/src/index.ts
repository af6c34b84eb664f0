import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from './api.ts'

export { ApiError } from './api-error.ts'
export type { ApiErrorCode, ApiErrorDetails, ApiErrorFields } from './api-error.ts'
export type { CallOptions, TenonClient } from './calls.ts'
export { createClient } from './client.ts'
export type { ClientOptions } from './client.ts'
export type { Fetch } from './fetch.ts'
export { isApiError } from './is-api-error.ts'
export type { AnyApiError, ProcedureErrorCode, ProcedurePath } from './is-api-error.ts'
export type { StreamOptions, StreamState, SubscribeOptions, Subscription } from './streams.ts'
export { transformer } from './transformer.ts'

/** The type of the whole API, for tools that ask for tRPC's router type. It exists in types only. */
export type { AppRouter } from './api.ts'
/** Every code that the server answers with. Each has one HTTP status; the API's documentation lists them. */
export type { ErrorCode } from './api.ts'

/**
 * What each procedure takes.
 *
 * @example
 * type NewUser = RouterInputs['users']['create']
 */
export type RouterInputs = inferRouterInputs<AppRouter>

/**
 * What each procedure answers.
 *
 * @example
 * type User = RouterOutputs['users']['me']
 */
export type RouterOutputs = inferRouterOutputs<AppRouter>

type Yielded<Stream> = Stream extends AsyncIterable<infer Event> ? Event : never

/**
 * What a stream brings. Its `kind` is for programs: `post.published`, `session.started`, … `stream.reset` says that it
 * cannot be told what was missed: read again what you show.
 *
 * @example
 * const show = ({ topic, kind, data }: LiveEvent) => console.log(topic, kind, data)
 */
export type LiveEvent = Yielded<RouterOutputs['live']['stream']>['data']

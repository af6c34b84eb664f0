import type { TRPCClient } from '@trpc/client'
import { createClient as create, type AppRouter, type ClientOptions } from './index.ts'

/**
 * The same as `createClient` of `@tenon/sdk`, typed as tRPC's own client: for tools that ask for one. It stands apart
 * because the types of `@trpc/client` name Node's and `ws`, which a frontend need not have.
 *
 * @throws TypeError where `url` is not absolute and there is no page to be relative to.
 * @example
 * const client = createClient({ url: '' })
 * const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient })
 */
export const createClient = create as unknown as (options: ClientOptions) => TRPCClient<AppRouter>

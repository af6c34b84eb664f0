import type { AppRouter } from '@tenon/sdk'
import { createClient } from '@tenon/sdk/trpc'
import { getUntypedClient } from '@trpc/client'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { withRecentSignIn } from '../session/recent-sign-in.ts'
import { queryClient } from './query-client.ts'

/** The page's own server; the session is in a cookie that no script can read. */
export const client = createClient({ url: '' })

// Here and not where they are called: whatever comes to ask for a recent sign-in gets it without knowing.
const calls = getUntypedClient(client)
const mutate = calls.mutation.bind(calls)
calls.mutation = (path, input, options) => withRecentSignIn(() => mutate(path, input, options))

/** Options for `useQuery` and `useMutation`, named like the procedures. */
export const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient })

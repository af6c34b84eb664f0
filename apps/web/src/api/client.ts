import type { AppRouter } from '@tenon/sdk'
import { createClient } from '@tenon/sdk/trpc'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { queryClient } from './query-client.ts'

/** The page's own server; the session is in a cookie that no script can read. */
export const client = createClient({ url: '' })

/** Options for `useQuery` and `useMutation`, named like the procedures. */
export const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient })

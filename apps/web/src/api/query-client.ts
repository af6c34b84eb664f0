import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { forgetSession } from '../session/forget-session.ts'
import { hasCode } from './errors.ts'

/** A session that ended elsewhere, on the list of sessions or by a new password, ends here at the next answer. */
function onError(error: unknown) {
  if (hasCode(error, 'UNAUTHORIZED')) forgetSession(queryClient)
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    // The SDK retries what is worth it. A mutation without a network fails at once instead of waiting unseen.
    queries: { retry: false, staleTime: 15_000 },
    mutations: { networkMode: 'always' },
  },
})

import type { QueryClient } from '@tanstack/react-query'
import { sessionKey } from './forget-session.ts'
import { onSignInChanged } from './sign-in-memory.ts'

/** Who signs in or out in one tab does so in all of them. */
export function followOtherTabs(queryClient: QueryClient) {
  onSignInChanged(async () => {
    const isOthers = ({ queryKey }: { queryKey: readonly unknown[] }) => queryKey[0] !== sessionKey[0]
    await queryClient.refetchQueries({ queryKey: sessionKey })
    queryClient.removeQueries({ type: 'inactive', predicate: isOthers })
    await queryClient.invalidateQueries({ predicate: isOthers })
  })
}

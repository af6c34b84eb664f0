import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { client } from '../api/client.ts'
import { explain, hasCode } from '../api/errors.ts'
import { notify } from '../ui/notify.ts'
import { endSession } from './change-person.ts'

export function useSignOut() {
  const queryClient = useQueryClient()
  const router = useRouter()
  return useMutation({
    mutationFn: () => client.auth.signOut.mutate().catch(ignoreEnded),
    async onSuccess() {
      // Leaves first: a page that is somebody's has nothing to show to nobody.
      await router.navigate({ to: '/' })
      endSession(queryClient)
      notify({ title: 'You are signed out' })
    },
    onError: (error) =>
      notify({ title: 'Not signed out', description: explain(error).message, tone: 'danger' }),
  })
}

function ignoreEnded(error: unknown) {
  if (!hasCode(error, 'UNAUTHORIZED')) throw error
  return null
}

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { trpc } from '../api/client.ts'
import { explain } from '../api/errors.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { notify } from '../ui/notify.ts'
import { sessionsQuery } from './queries.ts'

export function RevokeOthers() {
  const [isAsking, setIsAsking] = useState(false)
  const queryClient = useQueryClient()
  const revoke = useMutation(
    trpc.auth.sessions.revokeOthers.mutationOptions({
      onSuccess: ({ revoked }) =>
        notify({ title: revoked === 1 ? '1 session ended' : `${revoked} sessions ended` }),
      onError: (error) => notify({ title: 'Not ended', description: explain(error).message, tone: 'danger' }),
      async onSettled() {
        await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey })
        setIsAsking(false)
      },
    }),
  )
  return (
    <>
      <Button onClick={() => setIsAsking(true)}>End all others</Button>
      <Confirm
        open={isAsking}
        title="End all other sessions?"
        action="End them"
        look="primary"
        pending={revoke.isPending}
        onConfirm={() => revoke.mutate()}
        onClose={() => setIsAsking(false)}
      >
        Every other device is signed out at once. You stay signed in here.
      </Confirm>
    </>
  )
}

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { trpc } from '../api/client.ts'
import { endSession } from '../session/change-person.ts'
import type { Me } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Section } from '../ui/card.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Failure } from '../ui/failure.tsx'
import { inputClass } from '../ui/field.tsx'
import { notify } from '../ui/notify.ts'

export function DeleteAccount({ me }: { me: Me }) {
  const [isAsking, setIsAsking] = useState(false)
  const [typed, setTyped] = useState('')
  const queryClient = useQueryClient()
  const router = useRouter()
  const remove = useMutation(
    trpc.users.delete.mutationOptions({
      async onSuccess() {
        await router.navigate({ to: '/' })
        endSession(queryClient)
        notify({
          title: 'Your account is deleted',
          description: 'You have 7 days to come back.',
          action: { label: 'Keep my account', onClick: () => void router.navigate({ to: '/sign-in' }) },
        })
      },
    }),
  )
  const isSure = typed === me.username

  return (
    <Section
      title="Delete account"
      description="Your sessions end and your posts are hidden. Signing in within 7 days brings it all back; after that it is erased."
    >
      <Button className="text-danger" onClick={() => setIsAsking(true)}>
        Delete my account
      </Button>
      <Confirm
        open={isAsking}
        title="Delete your account?"
        action="Delete account"
        pending={remove.isPending}
        disabled={!isSure}
        onConfirm={() => remove.mutate()}
        onClose={() => {
          setIsAsking(false)
          setTyped('')
          remove.reset()
        }}
      >
        <label className="flex flex-col gap-2">
          <span>
            You have 7 days to come back by signing in; then everything is erased for good. Type{' '}
            <strong className="font-medium text-ink select-all">{me.username}</strong> to go on.
          </span>
          <input
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            className={`${inputClass} h-10`}
          />
        </label>
        {remove.isError && (
          <div className="mt-3">
            <Failure error={remove.error} />
          </div>
        )}
      </Confirm>
    </Section>
  )
}

import { useMutation } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'
import { useEffect, useId, useSyncExternalStore } from 'react'
import { trpc } from '../api/client.ts'
import { hasCode } from '../api/errors.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Form } from '../ui/form.tsx'
import { PasswordField } from '../ui/password-field.tsx'
import { answer, isAsked, watchQuestion } from './recent-sign-in.ts'
import { useMe } from './use-me.ts'

/** Lies over whatever wanted it, which waits. */
export function PasswordQuestion() {
  const isOpen = useSyncExternalStore(watchQuestion, isAsked)
  const formId = useId()
  const me = useMe()
  const page = useLocation({ select: ({ pathname }) => pathname })
  const reauthenticate = useMutation(
    trpc.auth.reauthenticate.mutationOptions({ onSuccess: () => finish(true) }),
  )

  // Whoever goes back in the history leaves what wanted it.
  useEffect(() => () => answer(false), [page])

  function finish(isGiven: boolean) {
    answer(isGiven)
    reauthenticate.reset()
  }

  return (
    <Dialog
      open={isOpen}
      onClose={() => finish(false)}
      title="Is it you?"
      actions={
        <>
          <Button onClick={() => finish(false)}>Cancel</Button>
          <Button type="submit" form={formId} look="primary" pending={reauthenticate.isPending}>
            Continue
          </Button>
        </>
      }
    >
      <p className="mb-4">You signed in a while ago. Give your password again to go on.</p>
      <div className="text-ink">
        <Form<'password'>
          id={formId}
          label="Is it you?"
          error={reauthenticate.error}
          describe={describe}
          onValues={(values) => reauthenticate.mutate(values)}
        >
          {/* Tells password managers whose it is. */}
          <input type="email" autoComplete="username" value={me?.email ?? ''} readOnly hidden />
          <PasswordField name="password" label="Password" kind="current" />
        </Form>
      </div>
    </Dialog>
  )
}

function describe(error: unknown) {
  return hasCode(error, 'INVALID_CREDENTIALS') ? 'The password is not right.' : undefined
}

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { trpc } from '../api/client.ts'
import { hasCode } from '../api/errors.ts'
import type { Me } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Section } from '../ui/card.tsx'
import { Form } from '../ui/form.tsx'
import { PasswordField } from '../ui/password-field.tsx'
import { notify } from '../ui/notify.ts'

export function PasswordForm({ me }: { me: Me }) {
  const queryClient = useQueryClient()
  const [round, setRound] = useState(0)
  const change = useMutation(
    trpc.auth.password.change.mutationOptions({
      async onSuccess() {
        // A new form: nothing of the old password stays in the page.
        setRound(round + 1)
        notify({ title: 'Password changed', description: 'Your other sessions have ended.' })
        await queryClient.invalidateQueries({ queryKey: trpc.auth.sessions.pathKey() })
      },
    }),
  )

  return (
    <Section title="Password" description="Changing it ends your sessions on all other devices.">
      <Form<'currentPassword' | 'newPassword'>
        key={round}
        label="Password"
        takesFocus={round > 0}
        error={change.error}
        describe={describe}
        onValues={(values) => change.mutate(values)}
      >
        {/* Tells password managers whose it is. */}
        <input type="email" autoComplete="username" value={me.email} readOnly hidden />
        <PasswordField name="currentPassword" label="Current password" kind="current" />
        <PasswordField name="newPassword" label="New password" kind="new" />
        <Button type="submit" className="self-start" pending={change.isPending}>
          Change password
        </Button>
      </Form>
    </Section>
  )
}

function describe(error: unknown) {
  return hasCode(error, 'INVALID_CREDENTIALS') ? 'The current password is not right.' : undefined
}

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { trpc } from '../api/client.ts'
import { isStaleToken } from '../api/errors.ts'
import { endSession } from '../session/change-person.ts'
import { Button, ButtonLink } from '../ui/button.tsx'
import { Form } from '../ui/form.tsx'
import { PasswordField } from '../ui/password-field.tsx'
import { EntranceHeader } from './entrance-header.tsx'
import { StaleLink } from './stale-link.tsx'
import { useMailedToken } from './use-mailed-token.ts'

/** A new link begins anew, also when it is opened in the tab of an older one. */
export function Reset() {
  const token = useMailedToken()
  return <ResetWith key={token} token={token} />
}

function ResetWith({ token }: { token: string | undefined }) {
  const queryClient = useQueryClient()
  // A new password ends every session, also the one of this browser.
  const reset = useMutation(
    trpc.auth.password.reset.mutationOptions({ onSuccess: () => endSession(queryClient) }),
  )

  if (reset.isSuccess) return <Done />
  if (!token || isStaleToken(reset.error)) return <Stale token={token} />
  return (
    <>
      <EntranceHeader title="Set a new password">It signs you out everywhere else.</EntranceHeader>
      <Form<'password'>
        label="Set a new password"
        takesFocus
        error={reset.error}
        onValues={({ password }) => reset.mutate({ token, password })}
      >
        <PasswordField name="password" label="New password" kind="new" />
        <Button type="submit" look="primary" size="large" pending={reset.isPending}>
          Set password
        </Button>
      </Form>
    </>
  )
}

const Done = () => (
  <>
    <EntranceHeader title="Your password is set" isOutcome>
      Sign in with the new one.
    </EntranceHeader>
    <ButtonLink to="/sign-in" look="primary" size="large" className="w-full">
      Sign in
    </ButtonLink>
  </>
)

const Stale = ({ token }: { token: string | undefined }) => (
  <StaleLink
    token={token}
    reason="It was used already, or is older than 15 minutes."
    to="/forgot"
    action="Ask for a new link"
  />
)

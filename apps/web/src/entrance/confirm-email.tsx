import { useMutation, useQueryClient } from '@tanstack/react-query'
import { trpc } from '../api/client.ts'
import { isStaleToken } from '../api/errors.ts'
import { sessionKey } from '../session/forget-session.ts'
import { useMe } from '../session/use-me.ts'
import { ButtonLink } from '../ui/button.tsx'
import { EntranceHeader } from './entrance-header.tsx'
import { Redeem } from './redeem.tsx'
import { StaleLink } from './stale-link.tsx'
import { useMailedToken } from './use-mailed-token.ts'

/** A new link begins anew, also when it is opened in the tab of an older one. */
export function ConfirmEmail() {
  const token = useMailedToken()
  return <ConfirmWith key={token} token={token} />
}

function ConfirmWith({ token }: { token: string | undefined }) {
  const queryClient = useQueryClient()
  const confirm = useMutation(
    trpc.auth.email.confirmChange.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries({ queryKey: sessionKey }),
    }),
  )

  if (confirm.isSuccess) return <Confirmed />
  if (!token || isStaleToken(confirm.error)) return <Stale token={token} />
  return (
    <Redeem
      title="Confirm your new address"
      action="Use this address"
      error={confirm.error}
      pending={confirm.isPending}
      onRedeem={() => confirm.mutate({ token })}
    >
      From then on you sign in with it, and no longer with the old one.
    </Redeem>
  )
}

function Confirmed() {
  const me = useMe()
  return (
    <>
      <EntranceHeader title="Your new address is confirmed" isOutcome>
        {me ? 'Sign in with it from now on. Here you still are.' : 'Sign in with it from now on.'}
      </EntranceHeader>
      <ButtonLink to={me ? '/settings' : '/sign-in'} look="primary" size="large" className="w-full">
        {me ? 'Go to your profile' : 'Sign in'}
      </ButtonLink>
    </>
  )
}

const Stale = ({ token }: { token: string | undefined }) => (
  <StaleLink
    token={token}
    reason="It was used already, is older than 24 hours, or a newer one took its place."
    to="/settings"
    action="Change the address again"
  />
)

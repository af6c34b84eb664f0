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
export function Verify() {
  const token = useMailedToken()
  return <VerifyWith key={token} token={token} />
}

function VerifyWith({ token }: { token: string | undefined }) {
  const queryClient = useQueryClient()
  const verify = useMutation(
    trpc.auth.email.verify.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries({ queryKey: sessionKey }),
    }),
  )

  if (verify.isSuccess) return <Confirmed />
  if (!token || isStaleToken(verify.error)) return <Stale token={token} />
  return (
    <Redeem
      title="Confirm your address"
      action="Confirm my address"
      error={verify.error}
      pending={verify.isPending}
      onRedeem={() => verify.mutate({ token })}
    >
      One press, and you can publish.
    </Redeem>
  )
}

function Confirmed() {
  const me = useMe()
  return (
    <>
      <EntranceHeader title="Your address is confirmed" isOutcome>
        You can publish now.
      </EntranceHeader>
      <ButtonLink to={me ? '/' : '/sign-in'} look="primary" size="large" className="w-full">
        {me ? 'Go to the posts' : 'Sign in'}
      </ButtonLink>
    </>
  )
}

const Stale = ({ token }: { token: string | undefined }) => (
  <StaleLink
    token={token}
    reason="It was used already, or is older than 24 hours."
    to="/sign-in"
    action="Sign in"
  >
    After signing in you can ask for a new one.
  </StaleLink>
)

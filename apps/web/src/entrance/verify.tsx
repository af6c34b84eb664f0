import { useMutation, useQueryClient } from '@tanstack/react-query'
import { trpc } from '../api/client.ts'
import { isStaleToken } from '../api/errors.ts'
import { sessionKey } from '../session/forget-session.ts'
import { useMe } from '../session/use-me.ts'
import { Button, ButtonLink } from '../ui/button.tsx'
import { Form } from '../ui/form.tsx'
import { EntranceHeader } from './entrance-header.tsx'
import { useMailedToken } from './use-mailed-token.ts'

/** Confirms by a press and not by loading: programs that look into mails open their links, too. */
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
  if (!token || isStaleToken(verify.error)) return <StaleLink isKnown={Boolean(token)} />
  return (
    <>
      <EntranceHeader title="Confirm your address">One press, and you can publish.</EntranceHeader>
      <Form
        label="Confirm your address"
        takesFocus
        error={verify.error}
        onValues={() => verify.mutate({ token })}
      >
        <Button type="submit" look="primary" size="large" pending={verify.isPending}>
          Confirm my address
        </Button>
      </Form>
    </>
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

const StaleLink = ({ isKnown }: { isKnown: boolean }) => (
  <>
    <EntranceHeader
      title={isKnown ? 'This link is no longer valid' : 'Open the link from the mail'}
      isOutcome
    >
      {isKnown ? 'It was used already, or is older than 24 hours. ' : 'This page needs the whole link. '}
      After signing in you can ask for a new one.
    </EntranceHeader>
    <ButtonLink to="/sign-in" size="large" className="w-full">
      Sign in
    </ButtonLink>
  </>
)

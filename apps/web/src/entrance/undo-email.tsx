import { useMutation, useQueryClient } from '@tanstack/react-query'
import { trpc } from '../api/client.ts'
import { isStaleToken } from '../api/errors.ts'
import { endSession } from '../session/change-person.ts'
import { ButtonLink } from '../ui/button.tsx'
import { EntranceHeader } from './entrance-header.tsx'
import { Redeem } from './redeem.tsx'
import { StaleLink } from './stale-link.tsx'
import { useMailedToken } from './use-mailed-token.ts'

/** A new link begins anew, also when it is opened in the tab of an older one. */
export function UndoEmail() {
  const token = useMailedToken()
  return <UndoWith key={token} token={token} />
}

function UndoWith({ token }: { token: string | undefined }) {
  const queryClient = useQueryClient()
  // It ends every session, also the one of this browser.
  const undo = useMutation(
    trpc.auth.email.undoChange.mutationOptions({ onSuccess: () => endSession(queryClient) }),
  )

  if (undo.isSuccess) return <Undone />
  if (!token || isStaleToken(undo.error)) return <Stale token={token} />
  return (
    <Redeem
      title="Undo the change of your address?"
      action="Undo the change"
      error={undo.error}
      pending={undo.isPending}
      onRedeem={() => undo.mutate({ token })}
    >
      Somebody who knows your password asked for it. Undoing it brings your old address back, ends every
      session, and makes the password useless: we mail you a link to set a new one. If it was you, close this
      page.
    </Redeem>
  )
}

const Undone = () => (
  <>
    <EntranceHeader title="The change is undone" isOutcome>
      Look into your mail: a link to set a new password is on its way to your old address. It works for 15
      minutes.
    </EntranceHeader>
    <ButtonLink to="/forgot" size="large" className="w-full">
      Ask for another link
    </ButtonLink>
  </>
)

const Stale = ({ token }: { token: string | undefined }) => (
  <StaleLink
    token={token}
    reason="It was used already, or is older than 7 days."
    to="/forgot"
    action="Set a new password"
  >
    If you cannot sign in, ask for a link to set a new password.
  </StaleLink>
)

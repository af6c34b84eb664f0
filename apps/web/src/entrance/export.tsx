import { useMutation } from '@tanstack/react-query'
import { trpc } from '../api/client.ts'
import { isStaleToken } from '../api/errors.ts'
import { Button } from '../ui/button.tsx'
import { EntranceFooter, EntranceHeader } from './entrance-header.tsx'
import { Redeem } from './redeem.tsx'
import { saveFile } from './save-file.ts'
import { StaleLink } from './stale-link.tsx'
import { useMailedToken } from './use-mailed-token.ts'

/** A new link begins anew, also when it is opened in the tab of an older one. */
export function Export() {
  const token = useMailedToken()
  return <ExportWith key={token} token={token} />
}

// The server hands it out once: a slow line must not be what loses it.
const patience = { context: { timeoutMs: 5 * 60_000 } }

function ExportWith({ token }: { token: string | undefined }) {
  const download = useMutation(
    trpc.users.downloadExport.mutationOptions({ trpc: patience, gcTime: 0, onSuccess: save }),
  )

  if (download.isSuccess) return <Downloaded onAgain={() => save(download.data)} />
  if (!token || isStaleToken(download.error)) return <Stale token={token} />
  return (
    <Redeem
      title="Download your data"
      action="Download my data"
      error={download.error}
      pending={download.isPending}
      onRedeem={() => download.mutate({ token })}
    >
      Everything that is held on you, in one file. The link works once, so keep the file in a safe place.
    </Redeem>
  )
}

const save = (data: Record<string, unknown[]>) => saveFile('tenon-data.json', JSON.stringify(data, null, 2))

const Downloaded = ({ onAgain }: { onAgain: () => void }) => (
  <>
    <EntranceHeader title="Your data is downloaded" isOutcome>
      It is in the file tenon-data.json. The link is used now and opens nothing any more.
    </EntranceHeader>
    <Button size="large" className="w-full" onClick={onAgain}>
      Save the file again
    </Button>
    <EntranceFooter>That works until you leave this page.</EntranceFooter>
  </>
)

const Stale = ({ token }: { token: string | undefined }) => (
  <StaleLink
    token={token}
    reason="It was used already, is older than 24 hours, or a newer one took its place."
    to="/settings"
    action="Ask for a new one"
  />
)

import { Link } from '@tanstack/react-router'
import { LogOut } from 'lucide-react'
import type { Me } from '../session/session.ts'
import { useSignOut } from '../session/use-sign-out.ts'
import { ButtonLink, IconButton } from '../ui/button.tsx'
import { Skeleton } from '../ui/skeleton.tsx'

interface AccountProps {
  me: Me | null | undefined
  onNavigate: (() => void) | undefined
}

/** The foot of the sidebar: who is here, or how to come in. */
export function Account({ me, onNavigate }: AccountProps) {
  if (me === undefined) return <Skeleton className="m-3 h-11" />
  if (me) return <Identity me={me} onNavigate={onNavigate} />
  return (
    <div className="flex flex-col gap-2 p-3">
      <ButtonLink to="/sign-up" look="primary">
        Create account
      </ButtonLink>
      <ButtonLink to="/sign-in">Sign in</ButtonLink>
    </div>
  )
}

function Identity({ me, onNavigate }: { me: Me; onNavigate: (() => void) | undefined }) {
  const signOut = useSignOut()
  return (
    <div className="flex items-center gap-0.5 p-2">
      <Link
        to="/users/$id"
        params={{ id: me.id }}
        title="Your public profile"
        onClick={() => onNavigate?.()}
        className="min-w-0 flex-1 rounded-lg px-2 py-1.5 transition-colors hover:bg-sunken"
      >
        <span className="block truncate text-sm font-medium">{me.name ?? me.username}</span>
        <span className="block truncate text-[0.8125rem] text-muted">{me.email}</span>
      </Link>
      <IconButton
        label="Sign out"
        aria-disabled={signOut.isPending || undefined}
        onClick={() => signOut.isPending || signOut.mutate()}
        className="text-muted"
      >
        <LogOut aria-hidden className="size-4" />
      </IconButton>
    </div>
  )
}

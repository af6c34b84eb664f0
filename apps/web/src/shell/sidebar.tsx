import { Link } from '@tanstack/react-router'
import { useMe } from '../session/use-me.ts'
import { Logo } from '../ui/logo.tsx'
import { Account } from './account.tsx'
import { Navigation } from './navigation.tsx'

interface SidebarProps {
  /** Where it lies over the page, it goes away with a choice. */
  onNavigate?: () => void
}

export function Sidebar({ onNavigate }: SidebarProps) {
  const me = useMe()
  return (
    <div className="flex h-full flex-col">
      <Link
        to="/"
        onClick={() => onNavigate?.()}
        className="mx-2 flex h-12 shrink-0 items-center gap-2.5 rounded-lg px-2 text-[0.9375rem] font-semibold"
      >
        <Logo /> Tenon
      </Link>
      <Navigation isSignedIn={Boolean(me)} onNavigate={onNavigate} />
      <Account me={me} onNavigate={onNavigate} />
    </div>
  )
}

import { Link } from '@tanstack/react-router'
import { SquarePen } from 'lucide-react'
import { Bell } from '../notifications/bell.tsx'
import { useMe } from '../session/use-me.ts'
import { ButtonLink } from '../ui/button.tsx'
import { Logo } from '../ui/logo.tsx'
import { MenuButton } from './menu-button.tsx'
import { ThemeToggle } from './theme-toggle.tsx'

export function TopBar() {
  const me = useMe()
  return (
    <header className="sticky top-0 z-30 flex h-12 items-center gap-1.5 border-b border-line bg-canvas/90 px-2 backdrop-blur-md sm:px-4">
      <div className="flex items-center gap-1 md:hidden">
        <MenuButton />
        <Link to="/" aria-label="Tenon, start page" className="rounded-lg p-1">
          <Logo />
        </Link>
      </div>
      <div className="ml-auto flex items-center gap-1.5">
        {me && (
          <ButtonLink to="/posts/new" size="small" look="primary">
            <SquarePen aria-hidden className="size-4" /> Write
          </ButtonLink>
        )}
        {me === null && (
          <ButtonLink to="/sign-in" size="small" className="md:hidden">
            Sign in
          </ButtonLink>
        )}
        {me && <Bell me={me} />}
        <ThemeToggle />
      </div>
    </header>
  )
}

import { Link, Outlet } from '@tanstack/react-router'
import { OfflineNotice } from '../shell/offline-notice.tsx'
import { ThemeToggle } from '../shell/theme-toggle.tsx'
import { Logo } from '../ui/logo.tsx'

export const EntranceFrame = () => (
  <div className="flex min-h-dvh flex-col">
    <OfflineNotice />
    <header className="flex justify-end p-2 sm:px-4">
      <ThemeToggle />
    </header>
    <main
      id="main"
      tabIndex={-1}
      className="mx-auto flex w-full max-w-[22.5rem] flex-1 flex-col justify-center px-4 pb-24 outline-none sm:px-0"
    >
      <Link to="/" aria-label="Tenon, start page" className="mb-7 self-start rounded-lg">
        <Logo className="size-9" />
      </Link>
      <Outlet />
    </main>
  </div>
)

import type { ReactNode } from 'react'
import { OfflineNotice } from './offline-notice.tsx'
import { Sidebar } from './sidebar.tsx'
import { TopBar } from './top-bar.tsx'
import { UnverifiedNotice } from './unverified-notice.tsx'

/** The frame of the page: where one can go on the left, what one can do at the top. */
export const Shell = ({ children }: { children: ReactNode }) => (
  <div className="min-h-dvh md:grid md:grid-cols-[13.5rem_minmax(0,1fr)]">
    <a
      href="#main"
      className="fixed top-2 left-2 z-60 -translate-y-16 rounded-lg bg-accent px-3 py-2 text-sm font-medium text-white focus:translate-y-0"
    >
      Skip to the content
    </a>
    <aside className="sticky top-0 hidden h-dvh border-r border-line md:block">
      <Sidebar />
    </aside>
    <div className="flex min-h-dvh flex-col">
      <TopBar />
      <OfflineNotice />
      <UnverifiedNotice />
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto w-full max-w-[47rem] flex-1 px-4 pt-8 pb-20 outline-none sm:px-6"
      >
        {children}
      </main>
    </div>
  </div>
)

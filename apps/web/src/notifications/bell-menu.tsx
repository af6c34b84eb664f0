import { Popover } from '@base-ui/react/popover'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { buttonClass } from '../ui/button.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { BellButton } from './bell-button.tsx'
import { MarkAllRead } from './mark-all-read.tsx'
import { MenuRow } from './menu-row.tsx'
import { newestQuery } from './queries.ts'
import { RowsSkeleton } from './rows-skeleton.tsx'

const mostShown = 6

/** Opens with its first appearance: that is what it was fetched for. */
export function BellMenu({ count }: { count: number }) {
  const [isOpen, setIsOpen] = useState(true)
  return (
    <Popover.Root open={isOpen} onOpenChange={setIsOpen}>
      <Popover.Trigger render={<BellButton count={count} />} />
      <Popover.Portal>
        <Popover.Positioner align="end" sideOffset={6} collisionPadding={8} className="z-40">
          <Popover.Popup className="flex max-h-(--available-height) w-96 max-w-(--available-width) flex-col rounded-xl border border-line bg-surface shadow-high transition-[opacity,scale] duration-150 outline-none data-ending-style:opacity-0 data-starting-style:scale-97 data-starting-style:opacity-0">
            <div className="flex min-h-12 items-center justify-between gap-3 border-b border-line py-1.5 pr-2 pl-4">
              <Popover.Title className="text-sm font-semibold">Notifications</Popover.Title>
              <MarkAllRead look="quiet" />
            </div>
            <Newest onChosen={() => setIsOpen(false)} />
            <div className="border-t border-line p-1.5">
              <Link
                to="/notifications"
                onClick={() => setIsOpen(false)}
                className={buttonClass({ look: 'quiet', size: 'small' }, 'w-full')}
              >
                See all
              </Link>
            </div>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Newest({ onChosen }: { onChosen: () => void }) {
  const newest = useQuery(newestQuery(false))
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <Loaded query={newest} skeleton={<RowsSkeleton count={3} />}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="px-4 py-10 text-center text-sm text-muted">Nothing has happened yet.</p>
          ) : (
            <ul aria-label="Newest notifications" className="divide-y divide-line">
              {items.slice(0, mostShown).map((notification) => (
                <MenuRow key={notification.id} notification={notification} onChosen={onChosen} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </div>
  )
}

import { Link } from '@tanstack/react-router'

const className =
  'rounded-md px-2.5 py-1 text-[0.8125rem] font-medium text-muted transition-colors hover:text-ink aria-[current=page]:bg-surface aria-[current=page]:text-ink aria-[current=page]:shadow-low'

/** In the address, so that going back and sharing keep it. */
export const Filter = () => (
  <nav aria-label="Which notifications" className="mb-4 flex w-fit gap-0.5 rounded-lg bg-sunken p-0.5">
    <Link to="/notifications" activeOptions={{ exact: true }} className={className}>
      All
    </Link>
    <Link to="/notifications" search={{ unread: true }} className={className}>
      Unread
    </Link>
  </nav>
)

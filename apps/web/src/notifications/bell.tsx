import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useLive } from '../live/use-live.ts'
import type { Me } from '../session/session.ts'
import { BellButton } from './bell-button.tsx'
import { unreadCountQuery } from './queries.ts'
import { useArrivals } from './use-arrivals.ts'

const BellMenu = lazy(() => import('./bell-menu.tsx').then(({ BellMenu }) => ({ default: BellMenu })))

/** How much is unread, kept current; what it is, in a menu that is fetched when it is first opened. */
export function Bell({ me }: { me: Me }) {
  useLive(me.id)
  const { data } = useQuery(unreadCountQuery)
  const announcement = useArrivals(data?.count)
  const [wasOpened, setWasOpened] = useState(false)
  const closed = { count: data?.count ?? 0, 'aria-haspopup': 'dialog', 'aria-expanded': false } as const
  return (
    <>
      {wasOpened ? (
        <Suspense fallback={<BellButton {...closed} />}>
          <BellMenu count={closed.count} />
        </Suspense>
      ) : (
        <BellButton {...closed} onClick={() => setWasOpened(true)} />
      )}
      <output className="sr-only">{announcement}</output>
    </>
  )
}

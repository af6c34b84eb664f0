import { useQuery } from '@tanstack/react-query'
import { Loaded } from '../ui/loaded.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Loading, Skeleton } from '../ui/skeleton.tsx'
import { sessionsQuery } from './queries.ts'
import { RevokeOthers } from './revoke-others.tsx'
import { SessionRow } from './session-row.tsx'

export function Sessions() {
  const sessions = useQuery(sessionsQuery)
  const hasOthers = sessions.data?.items.some(({ current }) => !current)
  return (
    <>
      <PageHeader
        title="Sessions"
        description="Where you are signed in. End what you do not recognise, and change your password."
        actions={hasOthers && <RevokeOthers />}
      />
      <Loaded query={sessions} skeleton={<RowsSkeleton />}>
        {({ items }) => (
          <>
            <ul
              aria-label="Sessions"
              className="divide-y divide-line rounded-xl border border-line bg-surface"
            >
              {items
                .toSorted((a, b) => Number(b.current) - Number(a.current))
                .map((session) => (
                  <SessionRow key={session.id} session={session} />
                ))}
            </ul>
            {items.length === 1 && <p className="mt-4 text-sm text-muted">You are signed in nowhere else.</p>}
          </>
        )}
      </Loaded>
    </>
  )
}

const RowsSkeleton = () => (
  <Loading label="Loading sessions">
    <div className="divide-y divide-line rounded-xl border border-line bg-surface">
      {[0, 1].map((row) => (
        <div key={row} className="flex items-center gap-4 px-5 py-4">
          <Skeleton className="size-9 rounded-lg" />
          <div className="flex-1">
            <Skeleton className="h-4 w-40" />
            <Skeleton className="mt-2 h-4 w-64" />
          </div>
        </div>
      ))}
    </div>
  </Loading>
)

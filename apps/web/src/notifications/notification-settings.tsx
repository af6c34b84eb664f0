import { useQuery } from '@tanstack/react-query'
import { Card } from '../ui/card.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Loading, Skeleton } from '../ui/skeleton.tsx'
import { PreferenceTable } from './preference-table.tsx'
import { preferencesQuery } from './queries.ts'

export function NotificationSettings() {
  const preferences = useQuery(preferencesQuery)
  return (
    <>
      <PageHeader
        title="Notification settings"
        description="What you hear of, and how. Changes count at once."
      />
      <Loaded query={preferences} skeleton={<TableSkeleton />}>
        {(preferences) => <PreferenceTable preferences={preferences} />}
      </Loaded>
    </>
  )
}

const TableSkeleton = () => (
  <Loading label="Loading your settings">
    <Card className="divide-y divide-line">
      {[0, 1, 2, 3].map((row) => (
        <div key={row} className="px-5 py-4">
          <Skeleton className="h-4 w-32" />
          <Skeleton className="mt-2 h-4 w-64 max-w-full" />
        </div>
      ))}
    </Card>
  </Loading>
)

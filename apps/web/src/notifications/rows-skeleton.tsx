import { Loading, Skeleton } from '../ui/skeleton.tsx'

export const RowsSkeleton = ({ count = 5 }: { count?: number }) => (
  <Loading label="Loading notifications">
    <div className="divide-y divide-line">
      {Array.from({ length: count }, (_, row) => (
        <div key={row} className="flex gap-3 px-4 py-3.5">
          <Skeleton className="size-8 rounded-lg" />
          <div className="flex-1">
            <Skeleton className="h-4 w-2/5" />
            <Skeleton className="mt-2 h-4 w-4/5" />
            <Skeleton className="mt-2 h-3 w-16" />
          </div>
        </div>
      ))}
    </div>
  </Loading>
)

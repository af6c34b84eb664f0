import { Card } from '../ui/card.tsx'
import { Loading, Skeleton } from '../ui/skeleton.tsx'

export const PostCardsSkeleton = ({ count = 4 }: { count?: number }) => (
  <Loading label="Loading posts">
    <div className="flex flex-col gap-3">
      {Array.from({ length: count }, (_, index) => (
        <Card key={index} className="p-4 sm:px-5">
          <Skeleton className="h-6 w-44" />
          <Skeleton className="mt-3 h-5 w-3/5" />
          <Skeleton className="mt-3 h-4 w-full" />
          <Skeleton className="mt-2 h-4 w-4/5" />
        </Card>
      ))}
    </div>
  </Loading>
)

export const PostSkeleton = () => (
  <Loading label="Loading the post">
    <div>
      <Skeleton className="h-8 w-4/5" />
      <Skeleton className="mt-4 h-6 w-52" />
      {['w-full', 'w-full', 'w-11/12', 'w-full', 'w-2/3'].map((width, index) => (
        <Skeleton key={index} className={`${index === 0 ? 'mt-10' : 'mt-3'} h-4 ${width}`} />
      ))}
    </div>
  </Loading>
)

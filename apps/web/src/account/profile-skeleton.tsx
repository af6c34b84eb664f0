import { PostCardsSkeleton } from '../posts/post-skeletons.tsx'
import { Skeleton } from '../ui/skeleton.tsx'

export const ProfileSkeleton = () => (
  <>
    <div aria-hidden className="mb-8 flex items-center gap-4">
      <Skeleton className="size-16 rounded-full" />
      <div className="flex-1">
        <Skeleton className="h-6 w-44" />
        <Skeleton className="mt-2 h-4 w-60" />
      </div>
    </div>
    <PostCardsSkeleton count={3} />
  </>
)
